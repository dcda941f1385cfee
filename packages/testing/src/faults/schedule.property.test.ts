import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultKind } from './fault.ts';
import { schedule, type ScheduleOptions } from './schedule.ts';

const kinds: readonly FaultKind[] = [
  { type: 'kill' },
  { type: 'hang' },
  { type: 'restart' },
  { type: 'slow', latencyMs: 50 },
  { type: 'backend', name: 'election' },
];

const range = fc
  .tuple(fc.nat(5_000), fc.nat(5_000))
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const options: fc.Arbitrary<ScheduleOptions> = fc.record({
  kinds: fc.subarray([...kinds], { minLength: 1 }),
  members: fc.subarray(['primary', 'a', 'b', 'c'], { minLength: 1 }),
  count: fc.nat(60),
  gapMs: range,
  holdMs: range,
});

describe('schedule', () => {
  it('is the same for the same seed, byte for byte', () => {
    fc.assert(
      fc.property(fc.integer(), options, (seed, asked) => {
        expect(JSON.stringify(schedule(seed, asked))).toBe(JSON.stringify(schedule(seed, asked)));
      }),
    );
  });

  it('is the same today as when this test was written', () => {
    const asked = { kinds, members: ['primary', 'a'], count: 50, gapMs: { min: 100, max: 900 } };
    const bytes = JSON.stringify(schedule(42, { ...asked, holdMs: { min: 0, max: 3_000 } }));
    expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe('a9726b728eba2a0b');
  });

  it('is another one for another seed', () => {
    const asked = { kinds, members: ['primary', 'a'], count: 50, gapMs: { min: 100, max: 900 } };
    const plans = Array.from({ length: 100 }, (_, seed) => JSON.stringify(schedule(seed, asked)));
    expect(new Set(plans).size).toBe(100);
  });

  it('keeps to what was asked', () => {
    fc.assert(
      fc.property(fc.integer(), options, (seed, asked) => {
        const plan = schedule(seed, asked);
        expect(plan.map(({ index }) => index)).toEqual(Array.from({ length: asked.count }, (_, i) => i));
        for (const { gapMs, holdMs, fault } of plan) {
          const { member, ...kind } = fault;
          expect(asked.members).toContain(member);
          expect(asked.kinds).toContainEqual(kind);
          expect(gapMs >= asked.gapMs.min && gapMs <= asked.gapMs.max).toBe(true);
          expect(holdMs >= (asked.holdMs?.min ?? 0) && holdMs <= (asked.holdMs?.max ?? 0)).toBe(true);
        }
      }),
    );
  });

  it('deals every kind once in each round', () => {
    fc.assert(
      fc.property(fc.integer(), options, (seed, asked) => {
        const plan = schedule(seed, asked);
        for (let from = 0; from + asked.kinds.length <= plan.length; from += asked.kinds.length) {
          const round = plan.slice(from, from + asked.kinds.length).map(({ fault }) => fault.type);
          expect(round.sort()).toEqual(asked.kinds.map(({ type }) => type).sort());
        }
      }),
    );
  });

  it('refuses to choose from nothing', () => {
    const asked = { kinds, members: [], count: 1, gapMs: { min: 0, max: 0 } };
    expect(() => schedule(1, asked)).toThrow(RangeError);
    expect(() => schedule(1, { ...asked, members: ['a'], kinds: [] })).toThrow(RangeError);
    expect(schedule(1, { ...asked, count: 0 })).toEqual([]);
  });
});
