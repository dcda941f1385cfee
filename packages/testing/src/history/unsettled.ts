import { createFinding, type Finding } from './finding.ts';
import type { Recorded } from './operation-record.ts';

/** Operations whose promise never settled: whoever waits for one waits for ever. */
export function findUnsettled(history: readonly (Recorded & { readonly f: string })[]): Finding {
  const unsettled = createFinding();
  for (const record of history) {
    if (record.outcome !== undefined && record.endedAt !== undefined) continue;
    unsettled.add({ key: record.key, what: `${record.f} never settled`, record });
  }
  return unsettled.finding;
}
