import type { AppendedByList } from './appended.ts';
import { createFinding, type Finding } from './finding.ts';
import { clientOf, type FinalState } from './operation-record.ts';

/**
 * Acknowledged values of one client that stand behind a value which that client wrote later. A value with
 * unknown outcome may come late (it was on its way when the client was told), never early.
 */
export function findReordered(appended: AppendedByList, finalState: FinalState): Finding {
  const reordered = createFinding();
  for (const [key, values] of appended) {
    const seen = new Set<string>();
    const lastOf = new Map<string, { index: number; value: string }>();
    for (const value of finalState.lists[key] ?? []) {
      const record = values.get(value)?.records[0];
      // A second copy is a doubled value, not a second place in the order.
      if (record === undefined || seen.has(value)) continue;
      seen.add(value);
      const client = clientOf(record);
      const last = lastOf.get(client);
      if (last === undefined || record.index > last.index) {
        lastOf.set(client, { index: record.index, value });
      } else if (record.outcome === 'ok') {
        reordered.add({ key, value, what: `stands behind ${last.value}, which was written later`, record });
      }
    }
  }
  return reordered.finding;
}
