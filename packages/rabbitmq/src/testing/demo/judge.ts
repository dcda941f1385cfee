import { checkHistory, type OperationRecord, type Verdict } from '@failover/testing';
import { isProbe } from './prober.ts';
import { queue, type Ledger } from './ledger.ts';

/** ms for what a consumer had in hand to come back. */
const collectMs = 10_000;

/** Compares what publishers were told with what came out of the queue, and is still in it. */
export async function judge(history: readonly OperationRecord[], ledger: Ledger): Promise<Verdict> {
  const confirmed = history.flatMap((record) =>
    record.f === 'append' && record.outcome === 'ok' ? [record.value] : [],
  );
  await ledger.collect(confirmed, collectMs);
  const values = ledger.values((value) => !isProbe(value));
  // What comes back goes to whoever is there: in what order messages are taken twice nobody promises.
  return checkHistory(history, { lists: { [queue]: values }, counters: {} }, { order: 'any' });
}
