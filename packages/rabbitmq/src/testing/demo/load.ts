import { endpointOf, type Ms, type Runtime } from '@failover/core';
import { countUnderWay, runWorkload, type OperationRecord } from '@failover/testing';
import { amqpOperations } from '../workload.ts';
import { startConsumer } from './consumer.ts';
import type { Ledger } from './ledger.ts';

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
  /** Instants at which a message was confirmed, by publisher. */
  readonly acknowledgedAt: readonly (readonly Ms[])[];
  readonly history: readonly OperationRecord[];
  stop(): Promise<void>;
}

const publishers = 10;
/** Enough to see an outage of some ten ms at each publisher, and little enough for any machine. */
const operationsPerSecond = 200;
const longestMs = 10 * 60_000;

/** Publishers and a consumer on localhost, one connection each: should it break and be opened again, that is counted. */
export function startLoad(runtime: Runtime, port: number, ledger: Ledger): Load {
  const endpoint = endpointOf('127.0.0.1', port);
  const consumer = startConsumer(runtime, endpoint, ledger);
  const connections = Array.from({ length: publishers }, () => amqpOperations(runtime, endpoint));
  const acknowledgedAt = connections.map((): Ms[] => []);
  const history: OperationRecord[] = [];
  const counts = { acknowledged: 0, waiting: 0, refused: 0, unknown: 0, errors: 0 };
  const over = new AbortController();

  function record(operation: OperationRecord): void {
    history.push(operation);
    if (operation.outcome === 'ok') counts.acknowledged += 1;
    if (operation.outcome === 'refused') counts.refused += 1;
    if (operation.outcome === 'unknown') counts.unknown += 1;
    if (operation.outcome === 'error') counts.errors += 1;
    if (operation.outcome === 'ok' && operation.endedAt !== undefined) {
      acknowledgedAt[operation.worker]?.push(operation.endedAt);
    }
  }

  const done = runWorkload({
    clock: runtime,
    seed: 1,
    process: 'demo',
    workers: publishers,
    operations: (worker) => {
      const client = connections[worker];
      if (client === undefined) throw new RangeError(`there is no publisher ${worker}`);
      return countUnderWay(client, (change) => (counts.waiting += change));
    },
    operationsPerSecond,
    durationMs: longestMs,
    signal: over.signal,
    mix: { increment: 0, read: 0, readCounter: 0 },
    // One queue, all the time.
    prefix: 'failover-demo:',
    lists: 1,
    appendsPerList: Infinity,
    // As most programs do: the next message leaves when the last one is confirmed.
    inFlightPerWorker: 1,
    settleMs: 10_000,
    record,
  });

  return {
    clients: publishers + 1,
    get counts() {
      const reconnects = connections.reduce((sum, each) => sum + each.reconnects, 0);
      return { ...counts, closed: reconnects + consumer.broken };
    },
    acknowledgedAt,
    history,
    async stop() {
      over.abort();
      await done;
      for (const connection of connections) connection[Symbol.dispose]();
      await consumer.stop();
    },
  };
}
