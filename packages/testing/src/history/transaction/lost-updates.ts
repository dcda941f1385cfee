import { createFinding, type Finding } from '../finding.ts';
import { isLossOfBackend, type Successions } from '../succession.ts';
import type { CompareAndSetRecord, TransactionRecord } from './transaction-record.ts';

/**
 * Updates that wrote what another had written before, both acknowledged: a watch did not see the other. If the backend
 * forgot the first, the second is right.
 */
export function findLostUpdates(history: readonly TransactionRecord[], successions: Successions): Finding {
  const lost = createFinding();
  const lastOf = new Map<string, CompareAndSetRecord>();
  const acknowledged = history.filter(
    (record): record is CompareAndSetRecord => record.f === 'compareAndSet' && record.outcome === 'ok',
  );
  for (const record of acknowledged.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))) {
    const value = String(record.value);
    const id = `${record.key} ${value}`;
    const before = lastOf.get(id);
    lastOf.set(id, record);
    if (before === undefined || isLossOfBackend(before, successions)) continue;
    const what = `written at ${Math.round(before.endedAt ?? 0)} and again at ${Math.round(record.endedAt ?? 0)}`;
    lost.add({ key: record.key, value, what, record });
  }
  return lost.finding;
}
