import type { Attempt, Lease, Runtime } from '@failover/core';
import { attemptOn } from '../attempt.ts';
import { openConnection, type Connection } from '../connection.ts';
import type { Request } from '../protocol/message.ts';
import { replay } from '../session/replay.ts';
import { afterRequest, emptySession } from '../session/session.ts';

/** The connection behind one client, to whichever server serves it now. */
export interface Upstream {
  attempt(lease: Lease, request: Request, signal: AbortSignal): Promise<Attempt<string>>;
  close(): void;
}

export function createUpstream(runtime: Runtime): Upstream {
  let session = emptySession;
  let connection: Connection | undefined;

  /** The connection on which the session is set up; `undefined` if the server did not let us. */
  async function ready(lease: Lease, signal: AbortSignal): Promise<Connection | undefined> {
    if (connection?.server === lease.server && !connection.isClosed) return connection;
    connection?.close('moved to another server');
    const fresh = openConnection(runtime, lease.server);
    connection = fresh;
    lease.fenced.addEventListener('abort', () => fresh.close('fenced'), { once: true });
    for (const request of replay(session)) {
      if ((await attemptOn(fresh, request, signal)).type === 'failed') {
        fresh.close('its session could not be set up');
        return undefined;
      }
    }
    return fresh;
  }

  return {
    async attempt(lease, request, signal) {
      const stopped = AbortSignal.any([signal, lease.fenced]);
      const open = await ready(lease, stopped);
      if (open === undefined) {
        return { type: 'failed', failure: { type: 'notWritten', reason: 'the session could not be set up' } };
      }
      const attempt = await attemptOn(open, request, stopped);
      if (attempt.type === 'ok') session = afterRequest(session, request);
      // Its answer may still come, and must not be taken for the next one's.
      else if (attempt.failure.type !== 'errorReply') open.close('its order is lost');
      return attempt;
    },
    close() {
      connection?.close('the client is gone');
    },
  };
}
