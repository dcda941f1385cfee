import { describe, expect, it } from 'vitest';
import { createHistogram } from './histogram.ts';

describe('the histogram', () => {
  it('knows quantiles of any size to within two percent', () => {
    const histogram = createHistogram();
    for (let value = 1; value <= 10_000; value++) histogram.record(value / 100);
    for (const share of [0.5, 0.9, 0.99, 0.999]) {
      expect(Math.abs(histogram.quantile(share) / (share * 100) - 1)).toBeLessThan(0.02);
    }
    expect(histogram.count()).toBe(10_000);
  });

  it('never answers more than the worst value it was given', () => {
    const histogram = createHistogram();
    histogram.record(3.3);
    expect(histogram.quantile(0.999)).toBe(3.3);
    expect(histogram.worst()).toBe(3.3);
  });

  it('takes what is too small to matter, and answers nothing when it is empty', () => {
    const histogram = createHistogram();
    expect(histogram.quantile(0.5)).toBeNaN();
    histogram.record(0);
    expect(histogram.quantile(0.5)).toBe(0);
  });
});
