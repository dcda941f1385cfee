import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../model/index.ts';
import { nextStep } from './next-step.ts';
import {
  countOperations,
  countRetry,
  defaultRetryBudget,
  emptyRetryBudget,
  retriesLeft,
} from './retry-budget.ts';

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ type: 'notSent', reason: 'no connection' }),
  fc.boolean().map((isRoleRefusal): Outcome => ({ type: 'refused', code: 'NO', isRoleRefusal })),
  fc.constant<Outcome>({ type: 'ok' }),
  fc.constant<Outcome>({ type: 'appError', code: 'ERR' }),
  fc.constant<Outcome>({ type: 'unknown', reason: 'lost' }),
);
const traits = fc.record({ isIdempotent: fc.boolean(), isWrite: fc.boolean(), isPinned: fc.boolean() });
const context = fc.record({
  now: fc.nat(1000),
  deadline: fc.nat(1000),
  retriesLeft: fc.integer({ min: -5, max: 5 }),
});

describe('the retry decision', () => {
  it('never sends an unknown outcome again without declared idempotence (7, 9)', () => {
    fc.assert(
      fc.property(traits, context, (of, at) => {
        const step = nextStep({ type: 'unknown', reason: 'lost' }, of, at);
        if (!of.isIdempotent) expect(step.type).toBe('settle');
      }),
    );
  });

  it('holds and moves nothing that is pinned (11)', () => {
    fc.assert(
      fc.property(outcome, traits, context, (what, of, at) => {
        expect(nextStep(what, { ...of, isPinned: true }, at).type).toBe('settle');
      }),
    );
  });

  it('settles at the deadline, and at once for what the server answered (6)', () => {
    fc.assert(
      fc.property(outcome, traits, context, (what, of, at) => {
        const isAnswered = what.type === 'ok' || what.type === 'appError';
        if (at.now >= at.deadline || isAnswered) expect(nextStep(what, of, at).type).toBe('settle');
      }),
    );
  });

  it('charges refused and unknown to the budget, and what was never sent to nobody (19)', () => {
    const free = { isIdempotent: true, isWrite: false, isPinned: false };
    const spent = { now: 0, deadline: 1, retriesLeft: 0 };
    expect(nextStep({ type: 'unknown', reason: '' }, free, spent).type).toBe('settle');
    expect(nextStep({ type: 'refused', code: 'NO', isRoleRefusal: true }, free, spent).type).toBe('settle');
    expect(nextStep({ type: 'notSent', reason: '' }, free, spent).type).toBe('hold');
  });
});

describe('the retry budget', () => {
  it('never allows more than a fifth of the operations and ten a second in any window (19)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ pause: fc.nat(1500), operations: fc.nat(50), wanted: fc.nat(40) }), {
          maxLength: 60,
        }),
        (steps) => {
          let budget = emptyRetryBudget;
          let now = 0;
          const retries: number[] = [];
          const operations: { readonly at: number; readonly count: number }[] = [];
          for (const step of steps) {
            now += step.pause;
            budget = countOperations(budget, defaultRetryBudget, now, step.operations);
            operations.push({ at: now, count: step.operations });
            for (let tries = 0; tries < step.wanted; tries += 1) {
              if (retriesLeft(budget, defaultRetryBudget, now) < 1) break;
              budget = countRetry(budget, defaultRetryBudget, now);
              retries.push(now);
            }
            // Slots of a second: the window that is judged is nine to ten seconds long.
            const from = now - 9000;
            const allowed =
              operations.filter((each) => each.at > now - 10_000).reduce((sum, each) => sum + each.count, 0) *
                0.2 +
              100;
            expect(retries.filter((at) => at > from).length).toBeLessThanOrEqual(allowed);
          }
          expect(budget.slots.size).toBeLessThanOrEqual(11);
        },
      ),
    );
  });
});
