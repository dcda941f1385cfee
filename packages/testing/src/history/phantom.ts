import { countValues, type AppendedByList } from './appended.ts';
import { createFinding, type Finding } from './finding.ts';
import type { FinalState } from './operation-record.ts';

export interface Present {
  /** Present although nobody asked for it, or although every attempt was told that it did not happen. */
  readonly phantom: Finding;
  /** Values whose outcome was unknown and that are there: no fault, but worth knowing. */
  readonly recovered: number;
}

/** Judges what is present by what was promised about it. */
export function findPhantoms(appended: AppendedByList, finalState: FinalState): Present {
  const phantom = createFinding();
  let recovered = 0;
  for (const [key, list] of Object.entries(finalState.lists)) {
    const values = appended.get(key);
    for (const value of countValues(list).keys()) {
      const records = values?.get(value)?.records;
      if (records === undefined) {
        phantom.add({ key, value, what: 'present, but nobody wrote it' });
      } else if (records.every((record) => record.outcome === 'refused' || record.outcome === 'error')) {
        phantom.add({ key, value, what: 'present, but was reported as not executed', record: records[0] });
      } else if (records.every((record) => record.outcome !== 'ok')) {
        recovered += 1;
      }
    }
  }
  return { phantom: phantom.finding, recovered };
}
