import { createFinding, type Finding } from '../finding.ts';
import type { FinalTransactions, TransactionRecord } from './transaction-record.ts';

/** Groups of lists that were seen unlike each other: a transaction happened in a part of them. */
export function findTorn(history: readonly TransactionRecord[], final: FinalTransactions): Finding {
  const torn = createFinding();
  for (const record of history) {
    if (record.f !== 'readTogether' || record.result === undefined) continue;
    const value = oddOne(record.result);
    if (value !== undefined) torn.add({ key: record.key, value, what: 'read in some lists only', record });
  }
  for (const [key, lists] of Object.entries(final.groups)) {
    const value = oddOne(lists);
    if (value !== undefined) torn.add({ key, value, what: 'in some lists only at the end' });
  }
  return torn.finding;
}

/** The first value at which lists differ. */
function oddOne(lists: readonly (readonly string[])[]): string | undefined {
  const [first = [], ...others] = lists;
  for (const other of others) {
    const length = Math.max(first.length, other.length);
    for (let at = 0; at < length; at++) if (first[at] !== other[at]) return first[at] ?? other[at];
  }
  return undefined;
}
