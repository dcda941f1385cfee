import { writeFileSync } from 'node:fs';
import { now, until, within } from '../clock.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { connectDrivers } from './driver/connect.ts';
import type { Told } from './driver/driver.ts';
import type { LoadNews, LoadOrder, LoadSettings } from './orders.ts';
import { startWorker } from './worker.ts';

/** ms; a client that does not close by then is left to the end of its process. */
const CLOSE_LIMIT_MS = 1000;
const READY_LIMIT_MS = 15_000;
/** ms; for what is on its way when the run ends. */
const GRACE_MS = 500;

const settings = JSON.parse(process.argv[2] ?? '{}') as LoadSettings;
const tell = (news: LoadNews): Promise<void> => toParent(news);

dieWithParent();
// A driver that throws outside of any promise is a finding, not the end of the run.
process.on('uncaughtException', (error) => {
  console.error(`outside of any promise: ${error.message}`);
});
process.on('unhandledRejection', () => undefined);

const drivers = await connectDrivers(settings.driver, settings.workers);
// A proxy may still point at the primary of the run before: its clients wait until it has caught up.
await until('each worker is acknowledged once', READY_LIMIT_MS, async () => {
  await Promise.all(
    drivers.all.map((driver, index) => driver.rpush(`${settings.key}:warm`, `${String(index)}`)),
  );
  return true;
});

// Connecting holds operations too: only what comes later counts.
const toldBefore = drivers.told?.();
const startAt = now();
const workers = drivers.all.map((driver, index) =>
  startWorker(
    driver,
    index,
    settings.key,
    settings.everyMs,
    startAt + (index * settings.everyMs) / settings.workers,
  ),
);

let worstLagMs = 0;
let beatAt = now();
setInterval(() => {
  worstLagMs = Math.max(worstLagMs, now() - beatAt - 10);
  beatAt = now();
}, 10).unref();

function since(before: Told | undefined, after: Told | undefined): Told | undefined {
  if (before === undefined || after === undefined) return undefined;
  return {
    switches: after.switches - before.switches,
    holds: after.holds - before.holds,
    unknowns: after.unknowns - before.unknowns,
  };
}

async function finish(): Promise<void> {
  await within(GRACE_MS, Promise.all(workers.map((worker) => worker.stop())));
  for (const worker of workers) worker.finish();
  const records = workers.flatMap((worker) => worker.records).sort((a, b) => a.invokedAt - b.invokedAt);
  writeFileSync(settings.historyFile, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const told = since(toldBefore, drivers.told?.());
  await tell({
    type: 'finished',
    operations: records.length,
    worstLagMs,
    ...(told === undefined ? {} : { told }),
  });
  await within(CLOSE_LIMIT_MS, Promise.resolve(drivers[Symbol.asyncDispose]()));
  // The parent ends this process: one that ends itself may be gone before its last message is read.
}

process.on('message', (order: LoadOrder) => {
  if (order.type === 'finish') void finish();
  else void tell({ type: 'lastAcks', at: workers.map((worker) => worker.lastAckAt()) });
});
await tell({ type: 'ready' });
