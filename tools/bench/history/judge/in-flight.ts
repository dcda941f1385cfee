import type { Recorded } from '@failover/testing';

/** A moment at which operations under way may end unknown, and until when a client could not know better. */
export interface Blow {
  readonly at: number;
  readonly noticedAt: number;
}

/** ms; a killed server closes its sockets, a hung one is silent for up to a second before it is suspected. */
export function noticeMs(fault: string): number {
  return fault === 'hang' ? 1000 : 20;
}

const isUnder = (record: Recorded, blow: Blow): boolean =>
  record.invokedAt <= blow.noticedAt && (record.endedAt ?? Infinity) >= blow.at;

/** Operations under way at some blow: the most that may end unknown. */
export function countInFlight(history: readonly Recorded[], blows: readonly Blow[]): number {
  return history.filter((record) => blows.some((blow) => isUnder(record, blow))).length;
}

/** Operations that ended unknown although no blow came while they were under way. */
export function countUnexplained(history: readonly Recorded[], blows: readonly Blow[]): number {
  return history.filter(
    (record) => record.outcome === 'unknown' && !blows.some((blow) => isUnder(record, blow)),
  ).length;
}
