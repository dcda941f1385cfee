import { performance } from 'node:perf_hooks';
import { pause } from '../clock.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { median } from '../report/statistics.ts';
import { encode } from '../wire/resp.ts';
import { openConnection } from './connection.ts';
import { createHistogram } from './histogram.ts';
import type { OpenLoopResult, OpenLoopSettings } from './orders.ts';

/** Keys are few, so that the values stay in the caches and the servers' own work stays small. */
const KEYS = 512;

/** Of this process alone, and without the garbage of a clock of big integers. */
const now = (): number => performance.now();

dieWithParent();
const settings = JSON.parse(process.argv[2] ?? '{}') as OpenLoopSettings;
const value = 'x'.repeat(settings.valueBytes);
const requests = Array.from({ length: KEYS * 2 }, (_, index) =>
  Buffer.from(
    index % 2 === 0
      ? encode(['SET', `open:${String(index >> 1)}`, value])
      : encode(['GET', `open:${String(index >> 1)}`]),
  ),
);

/** ms. The host takes the CPU from a virtual machine for milliseconds now and then; most windows know nothing of it. */
const WINDOW_MS = 250;

const latencies = createHistogram();
const windows = Array.from({ length: Math.ceil(settings.lengthMs / WINDOW_MS) }, createHistogram);
const ownDelays = createHistogram();
let measuredFrom = Infinity;
const onReply = (scheduledAt: number): void => {
  if (scheduledAt < measuredFrom) return;
  const latency = now() - scheduledAt;
  latencies.record(latency);
  windows[Math.floor((scheduledAt - measuredFrom) / WINDOW_MS)]?.record(latency);
};
const connections = await Promise.all(
  Array.from({ length: settings.connections }, () => openConnection(settings.port, onReply)),
);

const startAt = now();
measuredFrom = startAt + settings.warmMs;
const endAt = measuredFrom + settings.lengthMs;
const intervalMs = 1000 / settings.ratePerSecond;
let sequence = 0;

/**
 * Sends what is due and looks again at once: timers of Node have a grain of 1 ms, which would hide what is
 * measured. The price is a CPU, alike for every variant.
 */
function send(): void {
  const at = now();
  for (let dueAt = startAt + sequence * intervalMs; dueAt <= at; dueAt = startAt + sequence * intervalMs) {
    if (dueAt >= measuredFrom) ownDelays.record(Math.max(0, at - dueAt));
    const connection = connections[sequence % connections.length];
    connection?.send(requests[sequence % requests.length] as Buffer, dueAt);
    sequence++;
  }
  if (at < endAt) setImmediate(send);
  else void finish();
}

async function finish(): Promise<void> {
  await pause(200);
  const result: OpenLoopResult = {
    type: 'latencies',
    ratePerSecond: settings.ratePerSecond,
    operations: latencies.count(),
    unanswered: connections.reduce((total, connection) => total + connection.outstanding(), 0),
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    windowP99: median(windows.map((window) => window.quantile(0.99))),
    p999: latencies.quantile(0.999),
    worst: latencies.worst(),
    ownDelayP99: ownDelays.quantile(0.99),
  };
  await toParent(result);
}
send();
