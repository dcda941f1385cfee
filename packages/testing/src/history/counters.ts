import { createFinding, type Finding } from './finding.ts';
import type { FinalState, OperationRecord } from './operation-record.ts';
import { isLossOfBackend, type Successions } from './succession.ts';

export interface Counters {
  /** Acknowledged increments that are missing, sorted as lost values are. */
  readonly lostByBackend: Finding;
  readonly lostByUs: Finding;
  /** Increments beyond all that may have happened: acknowledged <= final <= acknowledged + unknown. */
  readonly doubled: Finding;
}

interface Tally {
  acknowledged: number;
  unknown: number;
  /** Acknowledged ones that the backend may have lost. */
  excused: number;
}

/**
 * Counts increments. They have no names, so a missing one is put down to the backend as long as enough of
 * the acknowledged ones were exposed to it, and unknown ones that did not happen hide as many doubles.
 */
export function checkCounters(
  history: readonly OperationRecord[],
  finalState: FinalState,
  successions: Successions,
): Counters {
  const tallies = new Map<string, Tally>();
  for (const key of Object.keys(finalState.counters))
    tallies.set(key, { acknowledged: 0, unknown: 0, excused: 0 });
  for (const record of history) {
    if (record.f !== 'increment') continue;
    let tally = tallies.get(record.key);
    if (tally === undefined) tallies.set(record.key, (tally = { acknowledged: 0, unknown: 0, excused: 0 }));
    if (record.outcome === 'ok') {
      tally.acknowledged += 1;
      if (isLossOfBackend(record, successions)) tally.excused += 1;
    } else if (record.outcome === 'unknown' || record.outcome === undefined) {
      tally.unknown += 1;
    }
  }

  const lostByBackend = createFinding();
  const lostByUs = createFinding();
  const doubled = createFinding();
  for (const [key, { acknowledged, unknown, excused }] of tallies) {
    const final = finalState.counters[key] ?? 0;
    const missing = Math.max(0, acknowledged - final);
    const what = `${final} at the end, ${acknowledged} acknowledged, ${unknown} unknown`;
    lostByBackend.add({ key, what }, Math.min(missing, excused));
    lostByUs.add({ key, what }, missing - Math.min(missing, excused));
    doubled.add({ key, what }, final - acknowledged - unknown);
  }
  return { lostByBackend: lostByBackend.finding, lostByUs: lostByUs.finding, doubled: doubled.finding };
}
