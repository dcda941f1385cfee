import { seeded } from '../random.ts';

/** @example quantile([1, 2, 3, 4], 0.5) // 2.5 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  // Equal neighbours first: Infinity - Infinity would be NaN, and a run that never came back is Infinity.
  return below === above ? below : below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
}

/** The largest value is the worst: times and counts of harm. p95 is the nearest rank, a value that was seen. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)];
  return { count: values.length, median: median(values), p95: rank ?? NaN, worst: sorted.at(-1) ?? NaN };
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface Interval extends Bounds {
  readonly median: number;
}

/** 95 % interval of a figure of all runs by resampling; seeded, so that the same runs give the same interval. */
export function boundsOf<Run>(
  runs: readonly Run[],
  figure: (runs: readonly Run[]) => number,
  resamples: number,
  seed = 1,
): Bounds {
  const random = seeded(seed);
  const anew = (): readonly Run[] => runs.map(() => runs[Math.floor(random() * runs.length)] as Run);
  const figures = Array.from({ length: resamples }, () => figure(anew()));
  return { low: quantile(figures, 0.025), high: quantile(figures, 0.975) };
}

/** The median with its 95 % interval. */
export function bootstrap(values: readonly number[], resamples = 2000, seed = 1): Interval {
  return { median: median(values), ...boundsOf(values, median, resamples, seed) };
}

/** Ratios of runs that stood side by side: what both suffered alike cancels out. */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): Interval {
  if (ours.length !== theirs.length) throw new Error('paired runs must be equally many');
  return bootstrap(ours.map((value, index) => value / (theirs[index] as number)));
}
