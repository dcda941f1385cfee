import { createFinding, type Finding } from './finding.ts';
import type { OperationRecord } from './operation-record.ts';

/** Operations whose promise never settled: whoever waits for one waits for ever. */
export function findUnsettled(history: readonly OperationRecord[]): Finding {
  const unsettled = createFinding();
  for (const record of history) {
    if (record.outcome !== undefined && record.endedAt !== undefined) continue;
    unsettled.add({ key: record.key, what: `${record.f} never settled`, record });
  }
  return unsettled.finding;
}
