import type { CompareAndSetRecord, TransactionRecord } from '@failover/testing';
import { groupKey, listsOf, watchedKey } from '../keys.ts';
import type { LoadContext, RunningLoad } from './load-kind.ts';
import { noAnswer, work } from './work.ts';

const WRITERS = 2;
const UPDATERS = 2;
const WRITE_EVERY_MS = 50;
const READ_EVERY_MS = 200;

/** Transactions over several lists, who reads them in one, and a counter that is written under watch. */
export function startTransactions({ process, client, isOver }: LoadContext): RunningLoad {
  const records: object[] = [];
  const written = new Array<number>(WRITERS).fill(0);

  function write(worker: number): Promise<void> {
    const connection = client.shared();
    return work<TransactionRecord>(
      records,
      { process, worker, everyMs: WRITE_EVERY_MS, isOver },
      (sequence) => {
        const key = groupKey(process, worker, sequence);
        const value = `${worker}-${sequence}`;
        written[worker] = sequence;
        return [{ f: 'append', key, value }, connection.appendTogether(listsOf(key), value).then(noAnswer)];
      },
    );
  }

  function read(worker: number): Promise<void> {
    const connection = client.shared();
    return work<TransactionRecord>(
      records,
      { process, worker, everyMs: READ_EVERY_MS, isOver },
      (sequence) => {
        const writer = sequence % WRITERS;
        const key = groupKey(process, writer, written[writer] ?? 0);
        const answer = connection.readTogether(listsOf(key)).then((result) => ({ result }));
        return [{ f: 'readTogether', key }, answer];
      },
    );
  }

  /** That the watched key has changed is an answer: nothing was written. */
  function update(worker: number): Promise<void> {
    const connection = client.own();
    const key = watchedKey(process);
    return work<CompareAndSetRecord>(records, { process, worker, everyMs: WRITE_EVERY_MS, isOver }, () => {
      const answer = connection
        .addOne(key)
        .then(({ value, isSet }) => (isSet ? { value } : { value, outcome: 'error', error: CHANGED }));
      return [{ f: 'compareAndSet', key }, answer];
    });
  }

  const workers = WRITERS + 1 + UPDATERS;
  const jobs = Array.from({ length: workers }, (_, worker) => {
    if (worker < WRITERS) return write(worker);
    return worker === WRITERS ? read(worker) : update(worker);
  });
  return { records, done: Promise.all(jobs) };
}

/** As a record has it. */
export const CHANGED = 'the watched key had changed';
