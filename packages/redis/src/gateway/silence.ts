import type { Ms, RoundTrips } from '@failover/core';
import { addRoundTrip, isOwnStall, silenceLimitMs } from '@failover/core';
import type { Upstream } from './upstream.ts';

/** ms between two looks. */
export const lookMs = 100;

type Watched = Pick<Upstream<unknown>, 'oweMs' | 'takeSlowestMs'>;

/**
 * Finds servers that owe an answer, among the connections where no command may block. What is usual on a connection
 * is the slowest answer between two looks: one client's slow command delays everybody's, and proves nothing.
 */
export function createSilenceWatch<On extends Watched>(
  upstreams: () => Iterable<On>,
  tell: (upstream: On, forMs: number) => void,
): (now: Ms) => void {
  const usual = new WeakMap<On, RoundTrips>();
  let dueAt: Ms | undefined;
  let acquittedUntil: Ms = 0;
  return (now) => {
    const isStall = dueAt !== undefined && isOwnStall(dueAt, now);
    if (isStall) acquittedUntil = now + lookMs;
    dueAt = now + lookMs;
    for (const upstream of upstreams()) {
      const tookMs = upstream.takeSlowestMs();
      const before = usual.get(upstream) ?? [];
      // What our own stall delayed is not usual.
      const trips = tookMs === undefined || isStall ? before : addRoundTrip(before, tookMs);
      usual.set(upstream, trips);
      const forMs = upstream.oweMs(now);
      if (now >= acquittedUntil && forMs >= silenceLimitMs(trips)) tell(upstream, forMs);
    }
  };
}
