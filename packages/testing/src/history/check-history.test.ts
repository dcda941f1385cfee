import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import type { AppendRecord, OperationRecord } from './operation-record.ts';

let nextIndex = 0;

function append(value: string, changes: Partial<AppendRecord> = {}): AppendRecord {
  const index = nextIndex++;
  const at = index * 10;
  const when = { scheduledAt: at, invokedAt: at, endedAt: at + 5 };
  return { f: 'append', index, worker: 0, process: 'p', key: 'k', value, outcome: 'ok', ...when, ...changes };
}

const final = (...k: readonly string[]) => ({ lists: { k }, counters: {} });

describe('lost', () => {
  const lost = append('v', { endedAt: 100, server: 'a' });
  const successions = [
    { from: 'a', to: 'b', roleAt: 101 },
    { from: 'b', to: 'a', roleAt: 200 },
  ];

  it('is by us without evidence of a succession', () => {
    expect(checkHistory([lost], final()).lost).toMatchObject({ byUs: { count: 1 }, byBackend: { count: 0 } });
  });

  it('is by the backend until the very instant of the first claim', () => {
    const at = (endedAt: number) =>
      checkHistory([{ ...lost, endedAt }], final(), { successions }).lost.byUs.count;
    expect([at(100.9), at(101)]).toEqual([0, 1]);
  });

  it('is by us if a server acknowledged it that was not the primary', () => {
    const by = (server: string) =>
      checkHistory([{ ...lost, server }], final(), { successions }).lost.byUs.count;
    expect([by('a'), by('b'), by('c')]).toEqual([0, 1, 1]);
  });

  it('is by us if it was acknowledged before the fault exposed it', () => {
    const claims = { successions: [{ from: 'a', to: 'b', roleAt: 101, exposedFrom: 99 }] };
    const at = (endedAt: number) => checkHistory([{ ...lost, endedAt }], final(), claims).lost.byUs.count;
    expect([at(98), at(99)]).toEqual([1, 0]);
  });

  it('is by us as soon as one of two acknowledgements is', () => {
    const again = append('v', { endedAt: 250, server: 'a' });
    expect(checkHistory([lost, again], final(), { successions }).lost.byUs.count).toBe(1);
  });

  it('is nobody’s if nothing was promised', () => {
    for (const outcome of ['unknown', 'refused', 'error'] as const) {
      expect(checkHistory([append('v', { outcome })], final()).isValid).toBe(true);
    }
  });
});

describe('doubled', () => {
  it('allows one copy for each attempt of the harness itself', () => {
    const twice = [append('v', { outcome: 'unknown' }), append('v')];
    expect(checkHistory(twice, final('v', 'v')).isValid).toBe(true);
    expect(checkHistory(twice, final('v', 'v', 'v')).doubled.told.count).toBe(1);
    const refusedFirst = [append('v', { outcome: 'refused' }), append('v')];
    expect(checkHistory(refusedFirst, final('v', 'v')).doubled.silently.count).toBe(1);
  });
});

describe('a counter', () => {
  const increment = (endedAt: number, outcome: OperationRecord['outcome'] = 'ok'): OperationRecord => ({
    ...append('x', { endedAt, outcome, server: 'a' }),
    ...{ f: 'increment', value: undefined },
  });
  const successions = [{ from: 'a', to: 'b', roleAt: 100, exposedFrom: 50 }];
  const records = [increment(10), increment(20), increment(60), increment(70), increment(80, 'unknown')];

  it.each([
    { k: 6, lostByBackend: 0, lostByUs: 0, doubled: 1 },
    { k: 5, lostByBackend: 0, lostByUs: 0, doubled: 0 },
    { k: 4, lostByBackend: 0, lostByUs: 0, doubled: 0 },
    { k: 3, lostByBackend: 1, lostByUs: 0, doubled: 0 },
    { k: 2, lostByBackend: 2, lostByUs: 0, doubled: 0 },
    { k: 1, lostByBackend: 2, lostByUs: 1, doubled: 0 },
    { k: 0, lostByBackend: 2, lostByUs: 2, doubled: 0 },
  ])('at $k, with 4 acknowledged, 2 of them exposed, and 1 unknown', ({ k, ...expected }) => {
    const { lost, doubled } = checkHistory(records, { lists: {}, counters: { k } }, { successions });
    const counts = {
      lostByBackend: lost.byBackend.count,
      lostByUs: lost.byUs.count,
      doubled: doubled.silently.count,
    };
    expect(counts).toEqual(expected);
  });
});

describe('reordered', () => {
  it('excuses a value that came late because nobody knew of it, not one that came early', () => {
    const [a, b] = [append('a'), append('b')];
    const unknown = (record: AppendRecord): AppendRecord => ({ ...record, outcome: 'unknown' });
    expect(checkHistory([unknown(a), b], final('b', 'a')).reordered.count).toBe(0);
    expect(checkHistory([a, unknown(b)], final('b', 'a')).reordered.count).toBe(1);
  });

  it('compares the values of one client only', () => {
    const [a, b] = [append('a'), append('b', { worker: 1 })];
    expect(checkHistory([a, b], final('b', 'a')).reordered.count).toBe(0);
    const other = { ...b, worker: 0, process: 'q' };
    expect(checkHistory([a, other], final('b', 'a')).reordered.count).toBe(0);
  });

  it('is not looked for where no order is claimed', () => {
    const records = [append('a'), append('b')];
    expect(checkHistory(records, final('b', 'a'), { order: 'any' }).isValid).toBe(true);
  });
});

describe('stale', () => {
  const read = (invokedAt: number, result: readonly string[], endedAt = invokedAt + 5): OperationRecord => ({
    ...append('x'),
    ...{ f: 'read', value: undefined, invokedAt, endedAt, result },
  });

  it('judges by what was acknowledged before the read began', () => {
    const write = append('v', { endedAt: 50 });
    const staleAt = (at: number) => checkHistory([write, read(at, [])], final('v')).stale.count;
    expect([staleAt(49), staleAt(50), staleAt(51)]).toEqual([0, 0, 1]);
  });

  it('counts what the client has read as known', () => {
    const write = append('v', { worker: 1, endedAt: 50 });
    expect(checkHistory([write, read(60, ['v']), read(70, [])], final('v')).stale.count).toBe(1);
    expect(checkHistory([write, read(60, []), read(70, [])], final('v')).stale.count).toBe(0);
  });

  it('is not looked for where replicas may be read', () => {
    const records = [append('v', { endedAt: 50 }), read(60, [])];
    expect(checkHistory(records, final('v'), { reads: 'any' }).isValid).toBe(true);
  });
});

describe('a verdict', () => {
  it('says each failure in one sentence and keeps a few examples of many', () => {
    const records = Array.from({ length: 1_000 }, (_, i) => append(`v${i}`));
    const verdict = checkHistory(records, final());
    expect(verdict.failures).toEqual([
      '1000 lost by us, first k v0: acknowledged and not in the final state',
    ]);
    expect(verdict.lost.byUs.examples).toHaveLength(10);
    expect(verdict.operations).toEqual({ total: 1_000, ok: 1_000, refused: 0, unknown: 0, error: 0 });
  });

  it('tells how many unknown values are there', () => {
    const records = [append('a', { outcome: 'unknown' }), append('b', { outcome: 'unknown' })];
    expect(checkHistory(records, final('a'))).toMatchObject({ isValid: true, recovered: 1 });
  });
});

describe('a part of the backend', () => {
  it('excuses only what it had itself', () => {
    const failover = [{ from: 'a', to: 'b', roleAt: 100 }];
    const successions = (key: string) => (key === 'k' ? failover : []);
    const lost = append('v', { endedAt: 90 });
    expect(checkHistory([lost], final(), { successions }).lost.byBackend.count).toBe(1);
    const elsewhere = { ...lost, key: 'other' };
    expect(checkHistory([elsewhere], final(), { successions }).lost.byUs.count).toBe(1);
  });
});
