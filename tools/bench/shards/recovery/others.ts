import type { OperationRecord } from '../../load/operation.ts';
import { quantile } from '../../report/statistics.ts';

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

/** ms of all that fell due in the window, from then on. What failed or never ended took for ever. */
export function latenciesIn(records: readonly OperationRecord[], { from, to }: Window): readonly number[] {
  return records
    .filter(({ scheduledAt }) => scheduledAt >= from && scheduledAt < to)
    .map(({ outcome, endedAt, scheduledAt }) => (outcome === 'ok' ? endedAt - scheduledAt : Infinity));
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

export function p99Of({ calm, during }: Latencies): P99 {
  const [calmMs, duringMs] = [quantile(calm, 0.99), quantile(during, 0.99)];
  return { calm: calmMs, during: duringMs, ratio: duringMs / calmMs };
}
