import type { Delivery } from './load/orders.ts';

export interface Matched {
  /** Identities that were confirmed and came nowhere. */
  readonly lost: number;
  /** Deliveries beyond the first, with the broker's flag or our mark. */
  readonly doubledMarked: number;
  /** Messages that came more than once as if each were the first: nobody could tell. */
  readonly doubledSilently: number;
}

/** Compares what was confirmed with what all consumers together got. */
export function matchDeliveries(
  confirmedIds: readonly string[],
  deliveries: readonly Pick<Delivery, 'id' | 'redelivered' | 'resent'>[],
): Matched {
  const counts = new Map<string, { all: number; plain: number }>();
  for (const { id, redelivered, resent } of deliveries) {
    const count = counts.get(id) ?? { all: 0, plain: 0 };
    count.all += 1;
    if (!redelivered && !resent) count.plain += 1;
    counts.set(id, count);
  }
  let doubledMarked = 0;
  let doubledSilently = 0;
  for (const { all, plain } of counts.values()) {
    const silent = Math.max(0, plain - 1);
    doubledSilently += silent;
    doubledMarked += all - 1 - silent;
  }
  return { lost: confirmedIds.filter((id) => !counts.has(id)).length, doubledMarked, doubledSilently };
}
