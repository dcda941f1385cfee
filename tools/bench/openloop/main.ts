import { now, pause } from '../clock.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import { encode } from '../wire/resp.ts';
import { openConnection } from './connection.ts';
import { createHistogram } from './histogram.ts';
import type { OpenLoopResult, OpenLoopSettings } from './orders.ts';

/** Keys are few, so that the values stay in the caches and the servers' own work stays small. */
const KEYS = 512;

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

const latencies = createHistogram();
const ownDelays = createHistogram();
let measuredFrom = Infinity;
const onReply = (scheduledAt: number): void => {
  if (scheduledAt >= measuredFrom) latencies.record(now() - scheduledAt);
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
 * measured. The price is a core, alike for every variant.
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
    p999: latencies.quantile(0.999),
    worst: latencies.worst(),
    ownDelayP99: ownDelays.quantile(0.99),
  };
  await toParent(result);
}
send();
