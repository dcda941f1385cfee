import type { OperationRecord } from '@failover/testing';
import type { Connection } from '../client/connection.ts';
import { counterKey, listKey } from '../keys.ts';
import type { LoadContext, RunningLoad } from './load-kind.ts';
import { noAnswer, work } from './work.ts';

const WRITERS = 4;
const COUNTERS = 2;
const READERS = 2;
/** ms between two operations of one worker; readers read whole lists. */
const WRITE_EVERY_MS = 20;
const READ_EVERY_MS = 100;

/** Plain writes: lists that grow, a counter, and who reads both. */
export function startWrites({ process, client, isOver }: LoadContext): RunningLoad {
  const records: object[] = [];
  const written = new Array<number>(WRITERS).fill(0);
  const counter = counterKey(process);

  const write = (connection: Connection, worker: number): Promise<void> =>
    work<OperationRecord>(records, { process, worker, everyMs: WRITE_EVERY_MS, isOver }, (sequence) => {
      const key = listKey(process, worker, sequence);
      const value = `${worker}-${sequence}`;
      written[worker] = sequence;
      return [{ f: 'append', key, value }, connection.append(key, value).then(noAnswer)];
    });

  const count = (connection: Connection, worker: number): Promise<void> =>
    work<OperationRecord>(records, { process, worker, everyMs: WRITE_EVERY_MS, isOver }, () => [
      { f: 'increment', key: counter },
      connection.increment(counter).then(noAnswer),
    ]);

  /** The list that a writer is at, or the counter, in turn. */
  const read = (connection: Connection, worker: number): Promise<void> =>
    work<OperationRecord>(records, { process, worker, everyMs: READ_EVERY_MS, isOver }, (sequence) => {
      if (sequence % 2 === 0) {
        const counted = connection.count(counter).then((result) => ({ result }));
        return [{ f: 'readCounter', key: counter }, counted];
      }
      const writer = sequence % WRITERS;
      const key = listKey(process, writer, written[writer] ?? 0);
      return [{ f: 'read', key }, connection.read(key).then((result) => ({ result }))];
    });

  const jobOf = (worker: number): typeof write => {
    if (worker < WRITERS) return write;
    return worker < WRITERS + COUNTERS ? count : read;
  };
  const workers = Array.from({ length: WRITERS + COUNTERS + READERS }, (_, worker) => worker);
  return { records, done: Promise.all(workers.map((worker) => jobOf(worker)(client.shared(), worker))) };
}
