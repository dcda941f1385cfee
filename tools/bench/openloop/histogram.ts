/**
 * Counts of latencies in buckets that grow with the value (the idea of HdrHistogram): 64 for each doubling, so a
 * quantile is off by at most 1.6 % at any size, in a few kilobytes.
 */
export interface Histogram {
  record(valueMs: number): void;
  /** ms; the upper bound of the bucket in which the quantile lies. */
  quantile(share: number): number;
  readonly count: () => number;
  readonly worst: () => number;
}

const PER_DOUBLING = 64;
/** ms; everything below is one bucket. */
const SMALLEST_MS = 0.001;

export function createHistogram(): Histogram {
  const buckets: number[] = [];
  let count = 0;
  let worst = 0;
  return {
    record(valueMs) {
      const bucket = Math.max(0, Math.ceil(Math.log2(valueMs / SMALLEST_MS) * PER_DOUBLING));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      count++;
      if (valueMs > worst) worst = valueMs;
    },
    quantile(share) {
      const rank = Math.max(1, Math.ceil(count * share));
      let seen = 0;
      for (let bucket = 0; bucket < buckets.length; bucket++) {
        seen += buckets[bucket] ?? 0;
        if (seen >= rank) return Math.min(worst, SMALLEST_MS * 2 ** (bucket / PER_DOUBLING));
      }
      return NaN;
    },
    count: () => count,
    worst: () => worst,
  };
}
