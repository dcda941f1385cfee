import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHistory, type Claims, type Verdict } from './check-history.ts';
import { clientOf, type FinalState, type OperationRecord } from './operation-record.ts';
import type { Succession } from './succession.ts';

interface Run {
  readonly history: readonly OperationRecord[];
  readonly finalState: FinalState;
  readonly claims: Claims & { readonly successions: readonly Succession[] };
}

interface Step {
  readonly f: OperationRecord['f'];
  readonly worker: number;
  readonly key: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'refused' | 'error' | 'unknownDone' | 'unknownNotDone' | 'unknownLate';
}

const step: fc.Arbitrary<Step> = fc.record({
  f: fc.constantFrom('append', 'append', 'append', 'increment', 'increment', 'read', 'readCounter'),
  worker: fc.nat(2),
  key: fc.nat(1),
  durationMs: fc.integer({ min: 1, max: 45 }),
  outcome: fc.oneof(
    { weight: 8, arbitrary: fc.constant('ok' as const) },
    { weight: 1, arbitrary: fc.constantFrom('refused', 'error') },
    { weight: 2, arbitrary: fc.constantFrom('unknownDone', 'unknownNotDone', 'unknownLate') },
  ),
});

/** ms between two steps: several operations of one worker are under way at a time. */
const gapMs = 10;

/**
 * What an honest cluster and an honest client leave behind: server `a` is the primary, `b` succeeds it in
 * the middle and lacks the last `unreplicated` writes of `a`.
 */
function simulate(steps: readonly Step[], unreplicated: number): Run {
  const failoverAt = (steps.length / 2) * gapMs;
  const writes: { record: OperationRecord; by: 'a' | 'b'; isLost: boolean }[] = [];
  const late: OperationRecord[] = [];
  const history: OperationRecord[] = [];
  const lasting = (key: string) => writes.filter((write) => !write.isLost && write.record.key === key);
  const list = (key: string): string[] =>
    lasting(key).flatMap(({ record }) => (record.f === 'append' ? [record.value] : []));
  const count = (key: string): number => lasting(key).filter(({ record }) => record.f === 'increment').length;
  let hasFailedOver = false;

  steps.forEach(({ f, worker, key: number, durationMs, outcome }, index) => {
    const invokedAt = index * gapMs;
    const server = invokedAt < failoverAt ? 'a' : 'b';
    if (server === 'b' && !hasFailedOver) {
      hasFailedOver = true;
      for (const write of writes.slice(Math.max(0, writes.length - unreplicated))) write.isLost = true;
    }
    // What the old primary answers, it answers before it is succeeded.
    const latest = server === 'a' ? failoverAt - 0.5 : Infinity;
    const base = {
      index,
      worker,
      process: 'p',
      key: `${f === 'append' || f === 'read' ? 'list' : 'counter'}${number}`,
      scheduledAt: invokedAt,
      invokedAt,
      endedAt: Math.min(invokedAt + durationMs, latest),
      server,
    } as const;
    const told = outcome.startsWith('unknown') ? 'unknown' : (outcome as 'ok' | 'refused' | 'error');
    const record: OperationRecord =
      f === 'append'
        ? { ...base, f, outcome: told, value: `${worker}:${index}` }
        : f === 'increment'
          ? { ...base, f, outcome: told }
          : f === 'read'
            ? { ...base, f, outcome: told, result: told === 'ok' ? list(base.key) : undefined }
            : { ...base, f, outcome: told, result: told === 'ok' ? count(base.key) : undefined };
    history.push(record);
    if (f !== 'append' && f !== 'increment') return;
    if (outcome === 'ok' || outcome === 'unknownDone') writes.push({ record, by: server, isLost: false });
    if (outcome === 'unknownLate') late.push(record);
  });
  for (const record of late) writes.push({ record, by: 'b', isLost: false });

  return {
    history,
    finalState: {
      lists: { list0: list('list0'), list1: list('list1') },
      counters: { counter0: count('counter0'), counter1: count('counter1') },
    },
    claims: { successions: [{ from: 'a', to: 'b', roleAt: failoverAt, exposedFrom: failoverAt / 2 }] },
  };
}

/** Lost writes are all inside the exposed half of `a`'s reign, or it would be no honest cluster. */
const honestRun = fc
  .tuple(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(4))
  .map(([steps, unreplicated]) => simulate(steps, unreplicated))
  .filter(({ history, finalState, claims }) => checkExposure(history, finalState, claims));

function checkExposure(
  history: Run['history'],
  finalState: FinalState,
  { successions }: Run['claims'],
): boolean {
  const exposedFrom = successions[0]?.exposedFrom ?? 0;
  const early = history.filter(({ outcome, endedAt = 0 }) => outcome === 'ok' && endedAt < exposedFrom);
  return (
    early.every((record) => record.f !== 'append' || finalState.lists[record.key]?.includes(record.value)) &&
    ['counter0', 'counter1'].every((key) => {
      const isExposed = ({ endedAt = 0, server }: OperationRecord): boolean =>
        server === 'a' && endedAt >= exposedFrom;
      const increments = history.filter(
        ({ f, key: at, outcome }) => f === 'increment' && at === key && outcome === 'ok',
      );
      return increments.length - (finalState.counters[key] ?? 0) <= increments.filter(isExposed).length;
    })
  );
}

function counts(verdict: Verdict): Record<string, number> {
  return {
    lostByBackend: verdict.lost.byBackend.count,
    lostByUs: verdict.lost.byUs.count,
    doubledSilently: verdict.doubled.silently.count,
    doubledTold: verdict.doubled.told.count,
    stale: verdict.stale.count,
    reordered: verdict.reordered.count,
    unsettled: verdict.unsettled.count,
    phantom: verdict.phantom.count,
  };
}

const check = ({ history, finalState, claims }: Run): Verdict => checkHistory(history, finalState, claims);

function withList(run: Run, key: string, change: (list: string[]) => readonly string[]): Run {
  const lists = { ...run.finalState.lists, [key]: change([...(run.finalState.lists[key] ?? [])]) };
  return { ...run, finalState: { ...run.finalState, lists } };
}

function withCounter(run: Run, key: string, add: number): Run {
  const counters = { ...run.finalState.counters, [key]: (run.finalState.counters[key] ?? 0) + add };
  return { ...run, finalState: { ...run.finalState, counters } };
}

function withRecord(run: Run, record: OperationRecord, change: Partial<OperationRecord>): Run {
  const history = run.history.map((each) =>
    each === record ? ({ ...each, ...change } as OperationRecord) : each,
  );
  return { ...run, history };
}

/** Picks one of those that fit; runs in which none does are drawn again. */
function pick<T>(candidates: readonly T[], seed: number): T {
  fc.pre(candidates.length > 0);
  return candidates[seed % candidates.length] as T;
}

/** Appends that are in the final state, with the outcome that their client was told. */
function presentAppends(run: Run, outcome: OperationRecord['outcome']) {
  return run.history.filter(
    (record) =>
      record.f === 'append' &&
      record.outcome === outcome &&
      run.finalState.lists[record.key]?.includes(record.value) === true,
  ) as Extract<OperationRecord, { f: 'append' }>[];
}

const without = (value: string) => (list: string[]) => list.filter((each) => each !== value);

type Plant = (run: Run, seed: number) => { planted: Run; adds: Partial<Record<string, number>> };

const plants: Record<string, Plant> = {
  'a value lost after the successor took over': (run, seed) => {
    const lost = pick(
      presentAppends(run, 'ok').filter(({ server }) => server === 'b'),
      seed,
    );
    return { planted: withList(run, lost.key, without(lost.value)), adds: { lostByUs: 1 } };
  },
  'a value lost that was acknowledged long before the fault': (run, seed) => {
    const exposedFrom = run.claims.successions[0]?.exposedFrom ?? 0;
    const lost = pick(
      presentAppends(run, 'ok').filter(({ endedAt = 0 }) => endedAt < exposedFrom),
      seed,
    );
    return { planted: withList(run, lost.key, without(lost.value)), adds: { lostByUs: 1 } };
  },
  'a value that the old primary acknowledged after its successor': (run, seed) => {
    const roleAt = run.claims.successions[0]?.roleAt ?? 0;
    const lost = pick(
      presentAppends(run, 'ok').filter(({ server }) => server === 'a'),
      seed,
    );
    const late = withRecord(run, lost, { endedAt: roleAt + 1 });
    return { planted: withList(late, lost.key, without(lost.value)), adds: { lostByUs: 1 } };
  },
  'a value lost by the backend': (run, seed) => {
    const { exposedFrom = 0, roleAt = 0 } = run.claims.successions[0] ?? {};
    const lost = pick(
      presentAppends(run, 'ok').filter(
        ({ endedAt = 0, server }) => server === 'a' && endedAt >= exposedFrom && endedAt < roleAt,
      ),
      seed,
    );
    return { planted: withList(run, lost.key, without(lost.value)), adds: { lostByBackend: 1 } };
  },
  'an acknowledged value written twice': (run, seed) => {
    const { key, value } = pick(presentAppends(run, 'ok'), seed);
    return {
      planted: withList(run, key, (list) => list.toSpliced(seed % (list.length + 1), 0, value)),
      // The first copy may now stand where the value was not written.
      adds: { doubledSilently: 1, reordered: NaN },
    };
  },
  'an acknowledged value written thrice': (run, seed) => {
    const { key, value } = pick(presentAppends(run, 'ok'), seed);
    return { planted: withList(run, key, (list) => [...list, value, value]), adds: { doubledSilently: 2 } };
  },
  'an unknown value written twice': (run, seed) => {
    const { key, value } = pick(presentAppends(run, 'unknown'), seed);
    return { planted: withList(run, key, (list) => [...list, value]), adds: { doubledTold: 1 } };
  },
  'a read without a value that its client was acknowledged': (run, seed) => {
    const candidates = run.history.flatMap((read) => {
      if (read.f !== 'read' || read.outcome !== 'ok') return [];
      const known = presentAppends(run, 'ok').filter(
        (append) =>
          append.key === read.key &&
          clientOf(append) === clientOf(read) &&
          (append.endedAt ?? 0) < read.invokedAt,
      );
      return known.map(({ value }) => ({ read, value }));
    });
    const { read, value } = pick(candidates, seed);
    return {
      planted: withRecord(run, read, { result: read.result?.filter((each) => each !== value) }),
      adds: { stale: 1 },
    };
  },
  'a read of a counter below what its client was acknowledged': (run, seed) => {
    const candidates = run.history.filter(
      (read) =>
        read.f === 'readCounter' &&
        read.outcome === 'ok' &&
        run.history.some(
          ({ f, key, worker, outcome, endedAt = 0 }) =>
            f === 'increment' &&
            key === read.key &&
            worker === read.worker &&
            outcome === 'ok' &&
            endedAt < read.invokedAt,
        ) &&
        // Where increments may have been lost, nobody can tell.
        run.history.filter(
          ({ f, key, outcome }) =>
            f === 'increment' && key === read.key && (outcome === 'ok' || outcome === 'unknown'),
        ).length === run.finalState.counters[read.key],
    );
    return { planted: withRecord(run, pick(candidates, seed), { result: 0 }), adds: { stale: 1 } };
  },
  'two acknowledged values of one client in the wrong order': (run, seed) => {
    const present = presentAppends(run, 'ok');
    const pairs = present.flatMap((a) =>
      present
        .filter((b) => b.key === a.key && b.worker === a.worker && b.index > a.index)
        .map((b) => [a, b] as const),
    );
    const [a, b] = pick(pairs, seed);
    const swap = (value: string): string =>
      value === a.value ? b.value : value === b.value ? a.value : value;
    return { planted: withList(run, a.key, (list) => list.map(swap)), adds: { reordered: NaN } };
  },
  'an operation that never ended': (run, seed) => {
    const record = pick(run.history, seed);
    return {
      planted: withRecord(run, record, { outcome: undefined, endedAt: undefined }),
      // What it wrote may have been lost, and no longer counts as acknowledged.
      adds: { unsettled: 1, lostByBackend: NaN },
    };
  },
  'a value that nobody wrote': (run, seed) => ({
    planted: withList(run, 'list0', (list) => list.toSpliced(seed % (list.length + 1), 0, 'stranger')),
    adds: { phantom: 1 },
  }),
  'a refused value that is there': (run, seed) => {
    const record = pick(presentAppends(run, 'ok'), seed);
    return {
      planted: withRecord(run, record, { outcome: seed % 2 ? 'refused' : 'error' }),
      adds: { phantom: 1 },
    };
  },
  'a counter above all that may have happened': (run, seed) => {
    const possible = run.history.filter(
      ({ f, key, outcome }) =>
        f === 'increment' && key === 'counter0' && (outcome === 'ok' || outcome === 'unknown'),
    ).length;
    const surplus = 1 + (seed % 3);
    const planted = withCounter(
      run,
      'counter0',
      possible - (run.finalState.counters.counter0 ?? 0) + surplus,
    );
    // Nothing is missing any more, so what its readers saw is judged strictly.
    return { planted, adds: { doubledSilently: surplus, lostByBackend: NaN, stale: NaN } };
  },
  'a counter that lost more than the backend can have lost': (run, seed) => {
    const acknowledged = run.history.filter(
      ({ f, key, outcome }) => f === 'increment' && key === 'counter0' && outcome === 'ok',
    );
    const exposed = acknowledged.filter(
      ({ server, endedAt = 0 }) => server === 'a' && endedAt >= (run.claims.successions[0]?.exposedFrom ?? 0),
    ).length;
    const most = acknowledged.length - exposed;
    fc.pre(most > 0);
    const byUs = 1 + (seed % most);
    const final = acknowledged.length - exposed - byUs;
    const planted = withCounter(run, 'counter0', final - (run.finalState.counters.counter0 ?? 0));
    return { planted, adds: { lostByUs: byUs, lostByBackend: NaN } };
  },
};

describe('check history', () => {
  it('finds nothing in an honest run', () => {
    fc.assert(
      fc.property(honestRun, (run) => {
        const verdict = check(run);
        expect(verdict.failures).toEqual([]);
        expect(verdict.isValid).toBe(true);
        expect(verdict.doubled.told.count).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.keys(plants))('finds %s, and nothing else', (name) => {
    const plant = plants[name] as Plant;
    fc.assert(
      fc.property(honestRun, fc.nat(), (run, seed) => {
        const { planted, adds } = plant(run, seed);
        const before = counts(check(run));
        const verdict = check(planted);
        const after = counts(verdict);
        for (const [kind, count] of Object.entries(after)) {
          const added = adds[kind] ?? 0;
          // NaN: it may change along with what was planted.
          if (!Number.isNaN(added))
            expect({ kind, count }).toEqual({ kind, count: (before[kind] ?? 0) + added });
        }
        if ('reordered' in adds && Object.keys(adds).length === 1) expect(after.reordered).toBeGreaterThan(0);
        const isHarmless = 'lostByBackend' in adds ? Object.keys(adds).length === 1 : 'doubledTold' in adds;
        expect(verdict.isValid).toBe(isHarmless);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same for the same input', () => {
    fc.assert(
      fc.property(honestRun, (run) => {
        expect(JSON.stringify(check(run))).toBe(JSON.stringify(check(run)));
      }),
      { numRuns: 20 },
    );
  });
});
