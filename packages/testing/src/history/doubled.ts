import { countValues, type AppendedByList } from './appended.ts';
import { createFinding, type Finding } from './finding.ts';
import type { FinalState } from './operation-record.ts';

export interface Doubled {
  /** Nobody was told that it might have happened. */
  readonly silently: Finding;
  /** Its outcome was reported as unknown. */
  readonly told: Finding;
}

/** Values that are present more often than they were asked for. */
export function findDoubled(appended: AppendedByList, finalState: FinalState): Doubled {
  const silently = createFinding();
  const told = createFinding();
  for (const [key, values] of appended) {
    for (const [value, count] of countValues(finalState.lists[key])) {
      const records = values.get(value)?.records ?? [];
      const mayHaveHappened = records.filter(
        (each) => each.outcome !== 'refused' && each.outcome !== 'error',
      );
      const surplus = count - Math.max(1, mayHaveHappened.length);
      const isTold = records.some((record) => record.outcome === 'unknown');
      const what = `present ${count} times`;
      (isTold ? told : silently).add({ key, value, what, record: records[0] }, surplus);
    }
  }
  return { silently: silently.finding, told: told.finding };
}
