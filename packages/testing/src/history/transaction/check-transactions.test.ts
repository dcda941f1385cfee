import { describe, expect, it } from 'vitest';
import { checkTransactions, type TransactionVerdict } from './check-transactions.ts';
import type {
  AppendTogetherRecord,
  CompareAndSetRecord,
  ReadTogetherRecord,
  TransactionRecord,
} from './transaction-record.ts';

let nextIndex = 0;
const base = (key: string, at: number) => ({
  ...{ index: nextIndex++, process: 'p', worker: 0, key, scheduledAt: at, invokedAt: at, endedAt: at + 5 },
  ...{ outcome: 'ok' as const },
});
const append = (
  value: string,
  at: number,
  changes: Partial<AppendTogetherRecord> = {},
): AppendTogetherRecord => ({ ...base('g', at), f: 'append', value, ...changes });
const readAll = (at: number, result: readonly (readonly string[])[]): ReadTogetherRecord => ({
  ...{ ...base('g', at), f: 'readTogether', result },
});
const set = (value: number, at: number, changes: Partial<CompareAndSetRecord> = {}): CompareAndSetRecord => ({
  ...{ ...base('c', at), f: 'compareAndSet', value },
  ...changes,
});

const successions = [{ from: 'a', to: 'b', roleAt: 100, exposedFrom: 50 }];
const judge = (
  history: readonly TransactionRecord[],
  lists: readonly (readonly string[])[],
  c = 0,
): TransactionVerdict =>
  checkTransactions(history, { groups: { g: lists }, counters: { c } }, { successions });

describe('a transaction over several lists', () => {
  it('is in all of them or in none', () => {
    const history = [append('1', 0), append('2', 10, { outcome: 'unknown' }), readAll(20, [['1'], ['1']])];
    expect(judge(history, [['1'], ['1']])).toMatchObject({ isValid: true, failures: [] });
    expect(
      judge(history, [
        ['1', '2'],
        ['1', '2'],
      ]).isValid,
    ).toBe(true);
    expect(judge(history, [['1', '2'], ['1']])).toMatchObject({ isValid: false, torn: { count: 1 } });
    expect(judge(history, [['1'], ['1', '2']]).torn.count).toBe(1);
  });

  it('is torn if a reader sees it in some lists only', () => {
    const history = [append('1', 0), readAll(20, [['1'], []])];
    expect(judge(history, [['1'], ['1']])).toMatchObject({ isValid: false, torn: { count: 1 } });
  });

  it('is lost by us if it was acknowledged and is in none, and by the backend just before a succession', () => {
    expect(judge([append('1', 0)], [[], []])).toMatchObject({
      ...{ isValid: false, lost: { byUs: { count: 1 } } },
    });
    expect(judge([append('1', 90)], [[], []])).toMatchObject({
      ...{ isValid: true, lost: { byBackend: { count: 1 } } },
    });
  });

  it('is doubled if it ran twice', () => {
    const twice = [
      ['1', '1'],
      ['1', '1'],
    ];
    expect(judge([append('1', 0)], twice)).toMatchObject({
      ...{ isValid: false, doubled: { silently: { count: 1 } } },
    });
  });

  it('is a phantom if it was told as not executed', () => {
    const verdict = judge([append('1', 0, { outcome: 'refused' })], [['1'], ['1']]);
    expect(verdict).toMatchObject({ isValid: false, phantom: { count: 1 } });
  });

  it('is read by who wrote it', () => {
    const verdict = judge([append('1', 0), readAll(20, [[], []])], [['1'], ['1']]);
    expect(verdict).toMatchObject({ isValid: false, stale: { count: 1 } });
  });
});

describe('a counter under watch', () => {
  it('counts each acknowledged update once', () => {
    const history = [set(1, 0), set(2, 10), set(2, 12, { outcome: 'error' })];
    expect(judge(history, [], 2).isValid).toBe(true);
    expect(judge(history, [], 1).lost.byUs.count).toBe(1);
    expect(judge(history, [], 3).doubled.silently.count).toBe(1);
  });

  it('has lost an update if two wrote the same and were acknowledged', () => {
    const verdict = judge([set(1, 0), set(1, 10, { worker: 1 })], [], 1);
    expect(verdict).toMatchObject({ isValid: false, lostUpdates: { count: 1 } });
  });

  it('may write the same again if the backend forgot the first', () => {
    expect(judge([set(1, 90), set(1, 200)], [], 1)).toMatchObject({
      isValid: true,
      lostUpdates: { count: 0 },
    });
  });
});
