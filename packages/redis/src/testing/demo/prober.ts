import type { EndpointId, Ms, Runtime } from '@failover/core';
import { itemsOf, textOf } from '../../protocol/value.ts';
import { connectResp, type RespClient } from '../resp-client.ts';
import type { RedisTestbed } from '../testbed.ts';

/** A write that a server acknowledged to the prober, and that is still there. */
export interface ProbedWrite {
  readonly sentAt: Ms;
  readonly at: Ms;
  readonly server: EndpointId;
}

export interface Prober {
  /** Ends it; the writes that lasted, in order. Asked again it gives the same. */
  stop(): Promise<readonly ProbedWrite[]>;
}

/** ms between two writes to each server: the resolution of what it measures. */
const everyMs = 10;
/** ms until a server that does not answer is tried on a new connection. */
const patienceMs = 500;
const key = 'failover-demo:probe';

/**
 * Writes to every server each 10 ms, on plain connections of its own: knows no Sentinel, no gateway and no
 * topology, and so tells when the servers themselves took writes again.
 */
export function startProber(testbed: RedisTestbed): Prober {
  const { runtime } = testbed;
  const acknowledged = new Map<string, ProbedWrite>();
  const probes = testbed.servers.map((server) => probe(runtime, server, acknowledged));
  let lasted: Promise<readonly ProbedWrite[]> | undefined;

  async function readBack(): Promise<readonly ProbedWrite[]> {
    const primary = await testbed.primary();
    if (primary === undefined) return [];
    const values = itemsOf(await testbed.ask(primary, 'LRANGE', key, '0', '-1')) ?? [];
    return values
      .flatMap((value) => acknowledged.get(textOf(value) ?? '') ?? [])
      .sort((left, right) => left.at - right.at);
  }

  return {
    stop() {
      for (const stop of probes) stop();
      return (lasted ??= readBack());
    },
  };
}

function probe(runtime: Runtime, server: EndpointId, acknowledged: Map<string, ProbedWrite>): () => void {
  let client: RespClient | undefined;
  let isWaiting = false;
  let count = 0;
  let cancel: () => void = () => undefined;

  async function write(connection: RespClient): Promise<void> {
    isWaiting = true;
    count += 1;
    const value = `${server}/${count}`;
    const sentAt = runtime.now();
    try {
      const reply = await connection.send(['RPUSH', key, value], patienceMs);
      if (reply.type === 'integer') acknowledged.set(value, { sentAt, at: runtime.now(), server });
    } catch {
      // It is down or hung; the next one goes on a new connection.
    }
    isWaiting = false;
  }

  function tick(): void {
    cancel = runtime.after(everyMs, tick);
    if (isWaiting) return;
    if (client === undefined || client.isClosed) client = connectResp(runtime, server);
    void write(client);
  }

  tick();
  return () => {
    cancel();
    client?.close();
  };
}
