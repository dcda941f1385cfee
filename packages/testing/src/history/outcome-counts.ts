import type { Recorded, RecordedOutcome } from './operation-record.ts';

/** What clients were told, and how often. What never settled is in the total alone. */
export type OutcomeCounts = Readonly<Record<RecordedOutcome, number>> & { readonly total: number };

export function countOutcomes(history: readonly Pick<Recorded, 'outcome'>[]): OutcomeCounts {
  const counts = { total: history.length, ok: 0, refused: 0, unknown: 0, error: 0 };
  for (const { outcome } of history) if (outcome !== undefined) counts[outcome] += 1;
  return counts;
}
