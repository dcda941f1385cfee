import type { RoundTrips } from './silence.ts';

/** How many of the last round trips count. Half of them must change first: at two questions a second about 4 s. */
const counted = 15;
/** Fewer prove nothing: the first ones pay for a connection that was just opened. */
const least = 5;
/** What is at most so many times as much or as little, give or take these ms, is the same as before. */
const sameTimes = 1.3;
const sameMs = 0.25;

/**
 * The round trip as it may be published: the median of the last ones, and the number from before as long as that
 * is about right, so that hardly any answer changes it. Two servers that are equally near never differ in it by as
 * much as `nearest` asks for.
 * @example publishedRoundTrip(10, [11, 11, 12, 11, 30]) // 10
 */
export function publishedRoundTrip(before: number | undefined, trips: RoundTrips): number | undefined {
  if (trips.length < least) return before;
  const sorted = trips.slice(-counted).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const isSame =
    before !== undefined && median <= before * sameTimes + sameMs && median >= before / sameTimes - sameMs;
  return isSame ? before : Math.round(median * 100) / 100;
}
