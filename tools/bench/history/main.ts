import { type OperationRecord, openHistory } from '@failover/testing';
import { now, pause, until, within } from '../clock.ts';
import { connectDrivers } from '../load/driver/connect.ts';
import type { Driver } from '../load/driver/driver.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { counterKey, listKey } from './keys.ts';
import {
  COUNTERS,
  type HistoryLoadSettings,
  type HistoryNews,
  type HistoryOrder,
  READERS,
  WRITERS,
} from './orders.ts';
import { recordedOutcome } from './outcome.ts';

/** ms between two operations of one worker; readers read whole lists. */
const WRITE_EVERY_MS = 20;
const READ_EVERY_MS = 100;
/** ms; longer than any hold window, so that what is unsettled then never settles. */
const GRACE_MS = 15_000;

type Kind = {
  [F in OperationRecord['f']]: Omit<Extract<OperationRecord, { f: F }>, keyof Timing>;
}[OperationRecord['f']];
type Timing = Pick<OperationRecord, 'index' | 'worker' | 'process' | 'scheduledAt' | 'invokedAt'>;

const settings = JSON.parse(process.argv[2] ?? '{}') as HistoryLoadSettings;
const records: OperationRecord[] = [];
let isStopping = false;
let closed = 0;

dieWithParent();
process.on('uncaughtException', (error) => {
  console.error(`${settings.process}, outside of any promise: ${error.message}`);
});
process.on('unhandledRejection', () => undefined);

const drivers = await connectDrivers(settings.driver, WRITERS + COUNTERS + READERS);
await until('each worker is answered once', 15_000, async () => {
  await Promise.all(drivers.all.map((driver) => driver.get(counterKey(settings.process))));
  return true;
});
for (const driver of drivers.all) driver.onClose(() => (closed += isStopping ? 0 : 1));

/** One worker: one operation under way, on a fixed schedule; its record is there from the start, or never settles. */
async function work(
  worker: number,
  everyMs: number,
  operate: (sequence: number) => [Kind, Promise<unknown>],
): Promise<void> {
  const startAt = now() + (worker * everyMs) / (WRITERS + COUNTERS + READERS);
  for (let sequence = 0; !isStopping; sequence++) {
    const scheduledAt = startAt + sequence * everyMs;
    if (scheduledAt > now()) await pause(scheduledAt - now());
    if (isStopping) return;
    const timing: Timing = {
      index: records.length,
      worker,
      process: settings.process,
      scheduledAt,
      invokedAt: now(),
    };
    const [kind, promise] = operate(sequence);
    records.push({ ...timing, ...kind });
    const ending = await promise.then(
      (result) => ({
        endedAt: now(),
        outcome: 'ok' as const,
        ...(kind.f.startsWith('read') ? { result } : {}),
      }),
      (error: unknown) => ({
        endedAt: now(),
        outcome: recordedOutcome(error),
        error: String(error).slice(0, 160),
      }),
    );
    records[timing.index] = { ...timing, ...kind, ...ending } as OperationRecord;
  }
}

const written = new Array<number>(WRITERS).fill(0);
const counter = counterKey(settings.process);

function write(driver: Driver, worker: number): Promise<void> {
  return work(worker, WRITE_EVERY_MS, (sequence) => {
    const key = listKey(settings.process, worker, sequence);
    const value = `${String(worker)}-${String(sequence)}`;
    written[worker] = sequence;
    return [{ f: 'append', key, value }, driver.rpush(key, value)];
  });
}

function count(driver: Driver, worker: number): Promise<void> {
  return work(worker, WRITE_EVERY_MS, () => [{ f: 'increment', key: counter }, driver.incr(counter)]);
}

/** The list that a writer is at, or the counter, in turn. */
function read(driver: Driver, worker: number): Promise<void> {
  return work(worker, READ_EVERY_MS, (sequence) => {
    if (sequence % 2 === 0) {
      return [{ f: 'readCounter', key: counter }, driver.get(counter).then((value) => Number(value ?? 0))];
    }
    const writer = sequence % WRITERS;
    const key = listKey(settings.process, writer, written[writer] ?? 0);
    return [{ f: 'read', key }, driver.read(key)];
  });
}

const workers = drivers.all.map((driver, worker) => {
  if (worker < WRITERS) return write(driver, worker);
  return worker < WRITERS + COUNTERS ? count(driver, worker) : read(driver, worker);
});

async function finish(): Promise<void> {
  isStopping = true;
  await within(GRACE_MS, Promise.all(workers));
  {
    using history = openHistory(settings.historyFile);
    for (const record of records) history.write(record);
  }
  const news: HistoryNews = { type: 'finished', operations: records.length, closed };
  await toParent(news);
  await within(1000, Promise.resolve(drivers[Symbol.asyncDispose]()));
}

process.on('message', (order: HistoryOrder) => {
  if (order.type === 'finish') void finish();
});
await toParent({ type: 'ready' } satisfies HistoryNews);
