import { endpointOf, type Ms, type Runtime } from '@failover/core';
import { countUnderWay, runWorkload, type OperationRecord } from '@failover/testing';
import { respOperations } from '../workload.ts';

export interface LoadCounts {
  readonly acknowledged: number;
  readonly waiting: number;
  readonly refused: number;
  readonly unknown: number;
  readonly errors: number;
  readonly closed: number;
}

export interface Load {
  readonly clients: number;
  readonly counts: LoadCounts;
  /** Instants at which a write was acknowledged. */
  readonly acknowledgedAt: readonly Ms[];
  readonly history: readonly OperationRecord[];
  stop(): Promise<void>;
}

const clients = 16;
/** Enough to see every millisecond of an outage, and little enough for any machine. */
const operationsPerSecond = 400;
const longestMs = 10 * 60_000;

/** Clients on localhost, one connection each: should it break and be opened again, that is counted. */
export function startLoad(runtime: Runtime, port: number): Load {
  const endpoint = endpointOf('127.0.0.1', port);
  const connections = Array.from({ length: clients }, () => respOperations(runtime, endpoint));
  const history: OperationRecord[] = [];
  const acknowledgedAt: Ms[] = [];
  const counts = { acknowledged: 0, waiting: 0, refused: 0, unknown: 0, errors: 0 };
  const over = new AbortController();

  function record(operation: OperationRecord): void {
    history.push(operation);
    if (operation.outcome === 'ok') counts.acknowledged += 1;
    if (operation.outcome === 'refused') counts.refused += 1;
    if (operation.outcome === 'unknown') counts.unknown += 1;
    if (operation.outcome === 'error') counts.errors += 1;
    const isWrite = operation.f === 'append' || operation.f === 'increment';
    if (isWrite && operation.outcome === 'ok' && operation.endedAt !== undefined) {
      acknowledgedAt.push(operation.endedAt);
    }
  }

  const done = runWorkload({
    clock: runtime,
    seed: 1,
    process: 'demo',
    workers: clients,
    operations: (worker) => {
      const client = connections[worker];
      if (client === undefined) throw new RangeError(`there is no client ${worker}`);
      return countUnderWay(client, (change) => (counts.waiting += change));
    },
    operationsPerSecond,
    durationMs: longestMs,
    signal: over.signal,
    prefix: 'failover-demo:',
    // As most programs do: the next command leaves when the reply to the last one is there.
    inFlightPerWorker: 1,
    settleMs: 10_000,
    record,
  });

  return {
    clients,
    get counts() {
      return { ...counts, closed: connections.reduce((sum, { reconnects }) => sum + reconnects, 0) };
    },
    acknowledgedAt,
    history,
    async stop() {
      over.abort();
      await done;
      for (const connection of connections) connection[Symbol.dispose]();
    },
  };
}
