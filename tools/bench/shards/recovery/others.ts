import type { OperationRecord } from '../../load/operation.ts';
import { type Bounds, boundsOf, quantile } from '../../report/statistics.ts';

/** ms; what falls due so shortly before the fault may end in it. */
const MARGIN_MS = 20;

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** From the fault until some time after service was restored, and as long just before the fault. */
export function windowsAround(
  faultAt: number,
  untilAt: number,
): { readonly calm: Window; readonly during: Window } {
  const lengthMs = untilAt - faultAt;
  const calmTo = faultAt - MARGIN_MS;
  return { calm: { from: calmTo - lengthMs, to: calmTo }, during: { from: faultAt, to: untilAt } };
}

const isDueIn =
  ({ from, to }: Window) =>
  ({ scheduledAt }: OperationRecord): boolean =>
    scheduledAt >= from && scheduledAt < to;

/** ms; what failed or never ended took for ever. */
const latencyOf = ({ outcome, endedAt, scheduledAt }: OperationRecord): number =>
  outcome === 'ok' ? endedAt - scheduledAt : Infinity;

/** ms of all that fell due in the window, from then on. */
export function latenciesIn(records: readonly OperationRecord[], window: Window): readonly number[] {
  return records.filter(isDueIn(window)).map(latencyOf);
}

/** One operation that took long. */
export interface Slow {
  /** ms after the window began. */
  readonly dueMs: number;
  readonly tookMs: number;
}

/** The slowest that fell due in the window, in the order of their time: when it was tells what it was. */
export function slowestIn(
  records: readonly OperationRecord[],
  window: Window,
  count: number,
): readonly Slow[] {
  return records
    .filter(isDueIn(window))
    .sort((a, b) => latencyOf(b) - latencyOf(a))
    .slice(0, count)
    .map((record) => ({ dueMs: record.scheduledAt - window.from, tookMs: latencyOf(record) }))
    .sort((a, b) => a.dueMs - b.dueMs);
}

export interface Latencies {
  readonly calm: readonly number[];
  readonly during: readonly number[];
}

/** ms, and how many times as much it is with a fault. */
export interface P99 {
  readonly calm: number;
  readonly during: number;
  readonly ratio: number;
}

/** Of several runs, with the 95 % interval of the ratio. */
export interface P99OfRuns extends P99, Bounds {}

const RESAMPLES = 200;

export function p99Of({ calm, during }: Latencies): P99 {
  const [calmMs, duringMs] = [quantile(calm, 0.99), quantile(during, 0.99)];
  return { calm: calmMs, during: duringMs, ratio: duringMs / calmMs };
}

/** Over the operations of all runs together. Whole runs are resampled: what happens within one is not independent. */
export function p99OfRuns(runs: readonly Latencies[]): P99OfRuns {
  const together = (chosen: readonly Latencies[]): P99 =>
    p99Of({
      calm: chosen.flatMap(({ calm }) => calm),
      during: chosen.flatMap(({ during }) => during),
    });
  return { ...together(runs), ...boundsOf(runs, (chosen) => together(chosen).ratio, RESAMPLES) };
}
