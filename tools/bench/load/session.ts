import { writeFileSync } from 'node:fs';
import { now, until, within } from '../clock.ts';
import { connectDrivers } from './driver/connect.ts';
import type { Drivers, Told } from './driver/driver.ts';
import { type Invoke, readOrWrite } from './read-or-write.ts';
import type { LoadFinished, LoadSettings } from './orders.ts';
import { type Backlog, startWorker, type Worker } from './worker.ts';

/** ms; a client that does not close by then is left to the end of its process. */
const CLOSE_LIMIT_MS = 1000;
/** ms; a proxy may still point at the primary of the run before, and its clients wait until it has caught up. */
const READY_LIMIT_MS = 40_000;
/** ms; for what is on its way when the run ends. */
const GRACE_MS = 500;

/** The clients of one run, from connecting to closing. */
export interface LoadSession {
  lastAcks(): readonly number[];
  finish(): Promise<LoadFinished>;
  close(): Promise<void>;
}

/** Resolves when every worker was acknowledged once and works on. */
export async function openSession(settings: LoadSettings): Promise<LoadSession> {
  const { key, workers: count, beside } = settings;
  const drivers = await connectDrivers(settings.driver, count + (beside?.workers ?? 0));
  const [appending, others] = [drivers.all.slice(0, count), drivers.all.slice(count)];
  await until('each worker is acknowledged once', READY_LIMIT_MS, async () => {
    await Promise.all([
      ...appending.map((driver, index) => driver.rpush(`${key}:warm`, String(index))),
      ...others.flatMap((driver) => (beside?.keys ?? []).map((each) => driver.set(each, 'warm'))),
    ]);
    return true;
  });
  let closed = 0;
  let isEnding = false;
  for (const driver of new Set(drivers.all)) driver.onClose(() => (closed += isEnding ? 0 : 1));
  // Connecting holds operations too: only what comes later counts.
  const toldBefore = drivers.told?.();
  const startAt = now();
  const startAll = (invokes: readonly Invoke[], everyMs: number, backlog: Backlog): readonly Worker[] =>
    invokes.map((invoke, worker) =>
      startWorker(invoke, {
        ...{ worker, everyMs, backlog },
        startAt: startAt + (worker * everyMs) / invokes.length,
      }),
    );
  const workers = startAll(
    appending.map((driver) => (value) => driver.rpush(key, value)),
    settings.everyMs,
    // Else a client that comes back would disturb what is measured beside with more than its own work.
    beside === undefined ? 'follows' : 'dropped',
  );
  const besides = startAll(
    others.map((driver, index) => readOrWrite(driver, beside?.keys ?? [], index)),
    beside?.everyMs ?? 0,
    'follows',
  );
  const lag = watchOwnLag();
  return {
    lastAcks: () => workers.map((worker) => worker.lastAckAt()),
    async finish() {
      await within(GRACE_MS, Promise.all([...workers, ...besides].map((worker) => worker.stop())));
      isEnding = true;
      const operations = writeHistory(settings.historyFile, workers);
      writeHistory(settings.besideFile, besides);
      const told = since(toldBefore, drivers);
      return {
        type: 'finished',
        operations,
        closed,
        worstLagMs: lag.stop(),
        ...(told === undefined ? {} : { told }),
      };
    },
    close: async () => void (await within(CLOSE_LIMIT_MS, Promise.resolve(drivers[Symbol.asyncDispose]()))),
  };
}

function writeHistory(file: string, workers: readonly Worker[]): number {
  for (const worker of workers) worker.finish();
  const records = workers.flatMap((worker) => worker.records).sort((a, b) => a.invokedAt - b.invokedAt);
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return records.length;
}

function since(before: Told | undefined, drivers: Drivers): Told | undefined {
  const after = drivers.told?.();
  if (before === undefined || after === undefined) return undefined;
  return {
    switches: after.switches - before.switches,
    holds: after.holds - before.holds,
    unknowns: after.unknowns - before.unknowns,
  };
}

/** How long this process was kept from working: a figure below it says more of the machine than of a client. */
function watchOwnLag(): { stop(): number } {
  let worstMs = 0;
  let beatAt = now();
  const timer = setInterval(() => {
    worstMs = Math.max(worstMs, now() - beatAt - 10);
    beatAt = now();
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return worstMs;
    },
  };
}
