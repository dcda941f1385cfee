import type { Attempt, EndpointId, Lease, Runtime } from '@failover/core';
import { attemptOn } from '../attempt.ts';
import { openConnection, type Connection } from '../connection.ts';
import type { Request } from '../protocol/message.ts';

/** The one seam to the driver. This backend has none, so one connection of ours stands for each server. */
export interface Steer {
  attempt(lease: Lease, request: Request, signal: AbortSignal): Promise<Attempt<string>>;
  close(): void;
}

export function createSteer(runtime: Runtime): Steer {
  const connections = new Map<EndpointId, Connection>();

  function connectionFor({ server, fenced }: Lease): Connection {
    const known = connections.get(server);
    if (known !== undefined && !known.isClosed) return known;
    const connection = openConnection(runtime, server);
    connections.set(server, connection);
    fenced.addEventListener('abort', () => connection.close('fenced'), { once: true });
    return connection;
  }

  return {
    attempt: (lease, request, signal) =>
      attemptOn(connectionFor(lease), request, AbortSignal.any([signal, lease.fenced])),
    close() {
      for (const connection of connections.values()) connection.close('the client is closed');
      connections.clear();
    },
  };
}
