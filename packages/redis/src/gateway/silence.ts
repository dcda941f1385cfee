import type { Ms } from '@failover/core';
import type { Upstream } from './upstream.ts';

/** ms between two looks. */
export const lookMs = 100;
/** ms that a look may come late before it is our own stall, and proves nothing about a server. */
const ownStallMs = 50;
/**
 * ms without an answer until we tell. Commands on shared connections are bounded in time, but one client's slow
 * command delays everybody's, so this is the upper end of what a healthy server takes.
 */
const silentMs = 250;

/** Finds servers that owe an answer, among the connections where no command may block. */
export function createSilenceWatch<Item>(
  upstreams: () => Iterable<Upstream<Item>>,
  tell: (upstream: Upstream<Item>, forMs: number) => void,
): (now: Ms) => void {
  let lookedAt: Ms | undefined;
  let acquittedUntil: Ms = 0;
  return (now) => {
    if (lookedAt !== undefined && now - lookedAt > lookMs + ownStallMs) acquittedUntil = now + lookMs;
    lookedAt = now;
    if (now < acquittedUntil) return;
    for (const upstream of upstreams()) {
      const forMs = upstream.oweMs(now);
      if (forMs >= silentMs) tell(upstream, forMs);
    }
  };
}
