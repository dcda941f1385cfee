import type { Ms } from '../model/index.ts';
import { isOwnStall } from './own-stall.ts';

/** Round trips of one connection, newest last, bounded. Enough for a p99 that forgets a bad minute. */
export type RoundTrips = readonly number[];

const keptRoundTrips = 64;

export function addRoundTrip(trips: RoundTrips, ms: number): RoundTrips {
  return [...trips.slice(1 - keptRoundTrips), ms];
}

/**
 * ms after which an answer that is owed makes its server suspect: clamp(4 × p99, 100, 1000).
 * Below 100 a garbage collection would be blamed; above 1000 people notice.
 * @example silenceLimitMs([1, 1, 200]) // 800
 */
export function silenceLimitMs(trips: RoundTrips): number {
  if (trips.length === 0) return 1000;
  const sorted = [...trips].sort((a, b) => a - b);
  const p99 = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
  return Math.min(1000, Math.max(100, 4 * p99));
}

export type SilenceVerdict =
  /** Not yet, or our own stall acquits it: judge again at `at`. */
  { readonly type: 'wait'; readonly at: Ms } | { readonly type: 'silent'; readonly forMs: number };

/** Judges an answer owed since `askedAt`, by a timer that was due at `dueAt`. */
export function judgeSilence(owed: {
  readonly askedAt: Ms;
  readonly dueAt: Ms;
  readonly now: Ms;
  readonly limitMs: number;
}): SilenceVerdict {
  if (isOwnStall(owed.dueAt, owed.now)) return { type: 'wait', at: owed.now + owed.limitMs };
  const at = owed.askedAt + owed.limitMs;
  // Compared as instants: a difference may round to just below the limit, for ever.
  return owed.now >= at ? { type: 'silent', forMs: owed.now - owed.askedAt } : { type: 'wait', at };
}
