import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHold } from './hold.ts';

type Step =
  | { readonly type: 'enter'; readonly bytes: number; readonly count: number; readonly forMs: number }
  | { readonly type: 'cancel'; readonly nth: number }
  | { readonly type: 'expire' }
  | { readonly type: 'release' }
  | { readonly type: 'evictAll' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('enter' as const),
      bytes: fc.nat(40),
      count: fc.integer({ min: 1, max: 4 }),
      forMs: fc.nat(50),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cancel' as const), nth: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constant({ type: 'expire' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'release' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'evictAll' as const }) },
);
const limits = { maxCount: 20, maxBytes: 200 };

describe('a hold', () => {
  it('keeps held = drained + evicted + cancelled + waiting, within its bounds, at every instant (12, 13, 14)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), step), { maxLength: 120 }), (steps) => {
        const hold = createHold(limits);
        const until = new Map<number, number>();
        let now = 0;
        for (const [pause, each] of steps) {
          now += pause;
          switch (each.type) {
            case 'enter': {
              const id = hold.enter({ bytes: each.bytes, count: each.count, until: now + each.forMs });
              if (id !== 'full') until.set(id, now + each.forMs);
              break;
            }
            case 'cancel': {
              const id = [...until.keys()][each.nth];
              if (id !== undefined && hold.cancel(id)) until.delete(id);
              break;
            }
            case 'expire':
              for (const id of hold.expire(now)) {
                expect(until.get(id)).toBeLessThanOrEqual(now);
                until.delete(id);
              }
              expect([...until.values()].every((at) => at > now)).toBe(true);
              break;
            case 'release':
              for (const id of hold.release().ids) until.delete(id);
              break;
            case 'evictAll':
              hold.evictAll();
              until.clear();
              break;
          }
          const { held, drained, evicted, cancelled, waiting } = hold.counts;
          expect(held).toBe(drained + evicted + cancelled + waiting);
          expect(waiting).toBeLessThanOrEqual(limits.maxCount);
          expect(hold.heldBytes).toBeLessThanOrEqual(limits.maxBytes);
          expect(hold.nextExpiry).toBe(until.size === 0 ? undefined : Math.min(...until.values()));
        }
      }),
    );
  });

  it('lets go in the order of arrival, and in doubling steps (15)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (many) => {
        const hold = createHold({ maxCount: 100, maxBytes: 0 });
        const entered = Array.from({ length: many }, () => hold.enter({ bytes: 0, count: 1, until: 1000 }));
        const released: (readonly number[])[] = [];
        hold.startDrain();
        for (let step = hold.release(); ; step = hold.release()) {
          released.push(step.ids);
          if (step.nextInMs === undefined) break;
        }
        expect(released.flat()).toEqual(entered);
        released.slice(0, -1).forEach((ids, at) => {
          expect(ids).toHaveLength(2 ** at);
        });
      }),
    );
  });
});
