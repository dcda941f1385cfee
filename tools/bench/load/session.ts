import { writeFileSync } from 'node:fs';
import { now, until, within } from '../clock.ts';
import { connectDrivers } from './driver/connect.ts';
import type { Drivers, Told } from './driver/driver.ts';
import type { LoadFinished, LoadSettings } from './orders.ts';
import { startWorker, type Worker } from './worker.ts';

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
  const { key, everyMs, workers: count } = settings;
  const drivers = await connectDrivers(settings.driver, count);
  await until('each worker is acknowledged once', READY_LIMIT_MS, async () => {
    await Promise.all(drivers.all.map((driver, index) => driver.rpush(`${key}:warm`, String(index))));
    return true;
  });
  // Connecting holds operations too: only what comes later counts.
  const toldBefore = drivers.told?.();
  const startAt = now();
  const workers = drivers.all.map((driver, index) =>
    startWorker(driver, index, key, everyMs, startAt + (index * everyMs) / count),
  );
  const lag = watchOwnLag();
  return {
    lastAcks: () => workers.map((worker) => worker.lastAckAt()),
    async finish() {
      await within(GRACE_MS, Promise.all(workers.map((worker) => worker.stop())));
      const operations = writeHistory(settings.historyFile, workers);
      const told = since(toldBefore, drivers);
      return {
        type: 'finished',
        operations,
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
