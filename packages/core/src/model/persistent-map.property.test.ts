import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { persistentMap } from './persistent-map.ts';

const key = fc.nat(400).map((at) => `server-${at}:1`);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('with' as const), key, value: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('without' as const), key }) },
);

describe('a persistent map', () => {
  it('agrees with a Map, and leaves every map that it came from as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 700, minLength: 200 }), (steps) => {
        let map = persistentMap<string, number>();
        const model = new Map<string, number>();
        const kept: { readonly map: typeof map; readonly model: ReadonlyMap<string, number> }[] = [];
        for (const [at, each] of steps.entries()) {
          if (each.type === 'with') {
            map = map.with(each.key, each.value);
            model.set(each.key, each.value);
          } else {
            map = map.without(each.key);
            model.delete(each.key);
          }
          if (at % 50 === 0) kept.push({ map, model: new Map(model) });
        }
        kept.push({ map, model });
        for (const each of kept) {
          expect(each.map.size).toBe(each.model.size);
          expect(new Map(each.map)).toEqual(each.model);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is itself when nothing changes, and keeps the order of a few entries', () => {
    const map = persistentMap<string, number>().with('b', 1).with('a', 2);
    expect(map.with('a', 2)).toBe(map);
    expect(map.without('c')).toBe(map);
    expect([...map.keys()]).toEqual(['b', 'a']);
    expect([...map.values()]).toEqual([1, 2]);
  });
});
