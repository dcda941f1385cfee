import { countValues, type AppendedByList } from './appended.ts';
import { createFinding, type Finding } from './finding.ts';
import type { FinalState } from './operation-record.ts';
import { isLossOfBackend, type Successions } from './succession.ts';

export interface Lost {
  /** Acknowledged by the then-primary before its successor's first claim: no client can prevent it. */
  readonly byBackend: Finding;
  /** All else. */
  readonly byUs: Finding;
}

/** Values that were acknowledged and are not in the final state. */
export function findLost(appended: AppendedByList, finalState: FinalState, successions: Successions): Lost {
  const byBackend = createFinding();
  const byUs = createFinding();
  for (const [key, values] of appended) {
    const present = countValues(finalState.lists[key]);
    for (const { value, records } of values.values()) {
      if (present.has(value)) continue;
      const acknowledged = records.filter((record) => record.outcome === 'ok');
      const [record] = acknowledged;
      if (record === undefined) continue;
      const isExcused = acknowledged.every((each) => isLossOfBackend(each, successions));
      const what = 'acknowledged and not in the final state';
      (isExcused ? byBackend : byUs).add({ key, value, what, record });
    }
  }
  return { byBackend: byBackend.finding, byUs: byUs.finding };
}
