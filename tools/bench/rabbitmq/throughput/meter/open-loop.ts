import type { ConfirmChannel } from 'amqplib';
import { now, pause } from '../../../clock.ts';
import { createHistogram } from '../../../openloop/histogram.ts';
import { median } from '../../../report/statistics.ts';
import type { Latencies, OpenLoad } from './orders.ts';

/** ms. The host takes the CPU from a virtual machine for milliseconds now and then; most windows know nothing of it. */
const WINDOW_MS = 250;
/** ms for the last confirms. */
const GRACE_MS = 1000;

/**
 * Sends on a schedule, whatever became of what went before. It sleeps between two looks at the clock, a grain of 1 ms
 * that is in every figure: three brokers and a proxy leave no CPU for a generator that spins.
 */
export async function openLoop(channel: ConfirmChannel, queue: string, load: OpenLoad): Promise<Latencies> {
  const body = Buffer.alloc(load.bodyBytes, 'x');
  const latencies = createHistogram();
  const windows = Array.from({ length: Math.ceil(load.lengthMs / WINDOW_MS) }, createHistogram);
  const ownDelays = createHistogram();
  const intervalMs = 1000 / load.ratePerSecond;
  const startAt = now();
  const measuredFrom = startAt + load.warmMs;
  const endAt = measuredFrom + load.lengthMs;
  let sequence = 0;
  let open = 0;

  function send(dueAt: number): void {
    open += 1;
    channel.sendToQueue(queue, body, { persistent: true }, () => {
      open -= 1;
      if (dueAt < measuredFrom) return;
      const latency = now() - dueAt;
      latencies.record(latency);
      windows[Math.floor((dueAt - measuredFrom) / WINDOW_MS)]?.record(latency);
    });
  }

  for (let at = now(); at < endAt; at = now()) {
    for (let dueAt = startAt + sequence * intervalMs; dueAt <= at; dueAt = startAt + sequence * intervalMs) {
      if (dueAt >= measuredFrom) ownDelays.record(at - dueAt);
      send(dueAt);
      sequence += 1;
    }
    await pause(1);
  }
  for (const waitedFrom = now(); open > 0 && now() - waitedFrom < GRACE_MS;) await pause(10);
  return {
    messages: latencies.count(),
    unconfirmed: open,
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    windowP99: median(windows.map((window) => window.quantile(0.99))),
    worst: latencies.worst(),
    ownDelayP99: ownDelays.quantile(0.99),
  };
}
