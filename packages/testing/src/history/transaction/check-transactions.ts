import { checkHistory, type Claims, type Verdict } from '../check-history.ts';
import { sentenceOf, type Finding } from '../finding.ts';
import type { OperationRecord } from '../operation-record.ts';
import { findLostUpdates } from './lost-updates.ts';
import { findTorn } from './torn.ts';
import type { FinalTransactions, TransactionRecord } from './transaction-record.ts';

/** A transaction is one operation; what is judged of those is judged of it. */
export interface TransactionVerdict extends Verdict {
  /** Seen in a part of its lists. */
  readonly torn: Finding;
  readonly lostUpdates: Finding;
}

/** Judges transactions over several lists, and counters that are written under watch. Pure: the same input, the same verdict. */
export function checkTransactions(
  history: readonly TransactionRecord[],
  final: FinalTransactions,
  claims: Omit<Claims, 'reads' | 'order'> = {},
): TransactionVerdict {
  const lists = Object.fromEntries(
    Object.entries(final.groups).map(([key, [first = []]]): [string, readonly string[]] => [key, first]),
  );
  const verdict = checkHistory(history.map(asOperation), { lists, counters: final.counters }, claims);
  const torn = findTorn(history, final);
  const lostUpdates = findLostUpdates(history, claims.successions ?? []);
  const failures = [
    ...verdict.failures,
    sentenceOf(torn, 'transactions torn'),
    sentenceOf(lostUpdates, 'updates lost in spite of a watch'),
  ].filter((failure) => failure !== undefined);
  return { ...verdict, isValid: failures.length === 0, failures, torn, lostUpdates };
}

/** The lists of a group are alike, or that is found apart: the first stands for all. */
function asOperation(record: TransactionRecord): OperationRecord {
  switch (record.f) {
    case 'append':
      return record;
    case 'readTogether': {
      const { result, ...rest } = record;
      return { ...rest, f: 'read', ...(result === undefined ? {} : { result: result[0] ?? [] }) };
    }
    case 'compareAndSet': {
      const { value: _value, ...rest } = record;
      return { ...rest, f: 'increment' };
    }
  }
}
