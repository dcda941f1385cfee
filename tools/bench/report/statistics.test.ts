import { describe, expect, it } from 'vitest';
import { bootstrap, median, pairedRatios, quantile, summarize } from './statistics.ts';

describe('statistics', () => {
  it('takes the middle, or the mean of the two middles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('leaves its input in order', () => {
    const values = [3, 1, 2];
    quantile(values, 0.9);
    expect(values).toEqual([3, 1, 2]);
  });

  it('names as p95 a value that was seen, and the largest as the worst', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(summarize(hundred)).toEqual({ count: 100, median: 50.5, p95: 95, worst: 100 });
    expect(summarize([7])).toEqual({ count: 1, median: 7, p95: 7, worst: 7 });
  });

  it('counts a run that never came back as the worst and keeps the median finite', () => {
    expect(summarize([5, Infinity, 3])).toEqual({ count: 3, median: 5, p95: Infinity, worst: Infinity });
    expect(median([1, Infinity, Infinity])).toBe(Infinity);
  });

  it('gives the same interval for the same runs, around their median', () => {
    const values = [0.9, 1.1, 1, 1.05, 0.95, 1.2, 0.98];
    const interval = bootstrap(values);
    expect(bootstrap(values)).toEqual(interval);
    expect(interval.low).toBeLessThanOrEqual(interval.median);
    expect(interval.high).toBeGreaterThanOrEqual(interval.median);
    expect(interval.low).toBeGreaterThanOrEqual(0.9);
    expect(interval.high).toBeLessThanOrEqual(1.2);
  });

  it('cancels what both runs of a pair suffered alike', () => {
    expect(pairedRatios([2, 20, 200], [1, 10, 100])).toEqual({ median: 2, low: 2, high: 2 });
    expect(() => pairedRatios([1], [1, 2])).toThrow('equally many');
  });
});
