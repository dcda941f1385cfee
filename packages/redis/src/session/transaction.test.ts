import { describe, expect, it } from 'vitest';
import type { TransactionState } from './transaction.ts';
import { afterCommand, afterLoss, fatesAfterLoss, noTransaction } from './transaction.ts';

const after = (...names: readonly string[]): TransactionState => names.reduce(afterCommand, noTransaction);
const written = (...names: readonly string[]) => names.map((name) => ({ name, isWritten: true }));

describe('a transaction', () => {
  it('is open from MULTI to EXEC or DISCARD, and a watch holds until then', () => {
    expect(after('WATCH', 'MULTI', 'SET')).toEqual({ transaction: 'open', watch: 'set' });
    expect(after('WATCH', 'MULTI', 'EXEC')).toEqual(noTransaction);
    expect(after('WATCH', 'MULTI', 'DISCARD')).toEqual(noTransaction);
    expect(after('WATCH', 'UNWATCH')).toEqual(noTransaction);
    expect(after('EXEC')).toEqual(noTransaction);
  });

  it('is broken by a loss, and so is a watch, until the client ends it', () => {
    const broken = afterLoss(after('WATCH', 'MULTI'));
    expect(broken).toEqual({ transaction: 'broken', watch: 'lost' });
    expect(afterCommand(broken, 'WATCH').watch).toBe('lost');
    expect(afterCommand(broken, 'EXEC')).toEqual(noTransaction);
  });

  it('is unknown if EXEC was written, and only then; what stands before EXEC is as good as queued', () => {
    expect(fatesAfterLoss(after('MULTI'), written('SET', 'EXEC', 'GET')).fates).toEqual([
      'queued',
      'unknown',
      'plain',
    ]);
    const unsent = [...written('MULTI', 'SET'), { name: 'EXEC', isWritten: false }];
    expect(fatesAfterLoss(noTransaction, unsent).fates).toEqual(['queued', 'queued', 'aborted']);
    expect(fatesAfterLoss(noTransaction, written('MULTI', 'SET'))).toEqual({
      fates: ['queued', 'queued'],
      state: { transaction: 'broken', watch: 'none' },
    });
    expect(fatesAfterLoss(after('MULTI'), written('SET', 'DISCARD', 'GET')).fates).toEqual([
      'queued',
      'done',
      'plain',
    ]);
  });

  it('loses a watch that the client was told of, and no other', () => {
    expect(fatesAfterLoss(after('WATCH'), []).state.watch).toBe('lost');
    expect(fatesAfterLoss(noTransaction, written('WATCH'))).toEqual({
      fates: ['plain'],
      state: noTransaction,
    });
    expect(fatesAfterLoss(after('WATCH'), written('UNWATCH')).state.watch).toBe('none');
  });
});
