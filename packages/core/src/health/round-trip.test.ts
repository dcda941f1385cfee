import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishedRoundTrip } from './round-trip.ts';
import type { RoundTrips } from './silence.ts';
import { addRoundTrip } from './silence.ts';

/** All that is published while these round trips come in, one after the other. */
function published(measured: readonly number[]): readonly number[] {
  let trips: RoundTrips = [];
  let now: number | undefined;
  return measured.flatMap((ms) => {
    const before = now;
    trips = addRoundTrip(trips, ms);
    now = publishedRoundTrip(now, trips);
    return now === undefined || now === before ? [] : [now];
  });
}
const times = (count: number, ms: number): readonly number[] => Array.from({ length: count }, () => ms);

describe('the published round trip', () => {
  it('is none before five were measured', () => {
    expect(published(times(4, 1))).toEqual([]);
    expect(published(times(5, 1))).toEqual([1]);
  });

  it('is the median, so that single slow answers do not change it', () => {
    expect(published([40, 1, 1, 1, 1, 1, 1, 50, 1, 1, 60, 1, 1])).toEqual([1]);
  });

  it('follows once most of the last fifteen say so, and back', () => {
    const [before, slow] = [times(15, 1), times(7, 21)];
    expect(published([...before, ...slow])).toEqual([1]);
    expect(published([...before, ...slow, 21])).toEqual([1, 21]);
    expect(published([...before, ...times(15, 21), ...times(8, 1)])).toEqual([1, 21, 1]);
  });

  it('stays as it is while the median moves by less than a third', () => {
    expect(published([...times(15, 10), ...times(15, 13), ...times(15, 8)])).toEqual([10]);
  });

  it('is published once of a server whose answers take a tenth more or less', () => {
    const shares = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 5, maxLength: 300 });
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 200, noNaN: true }), shares, (ms, each) => {
        expect(published(each.map((share) => ms * share))).toHaveLength(1);
      }),
    );
  });

  it('of two servers never differs by as much as twice and 1 ms while their medians are the same', () => {
    // What was published before may be as wrong as it can be without being replaced.
    const before = fc.array(fc.double({ min: 0.3, max: 3, noNaN: true }), { maxLength: 4 });
    const same = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(before, before, same, (one, two, ms) => {
        const [a = NaN, b = NaN] = [one, two].map((shares) =>
          published([...shares, 1].flatMap((share) => times(15, ms * share))).at(-1),
        );
        expect(a).toBeLessThanOrEqual(2 * b + 1);
        expect(b).toBeLessThanOrEqual(2 * a + 1);
      }),
      { numRuns: 500 },
    );
  });
});
