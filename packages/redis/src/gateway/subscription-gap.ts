import type { Cluster, EndpointId, Ms, TargetId } from '@failover/core';

/** Since when a client's subscriptions are with nobody, until they stand again: what was published meanwhile is missed. */
export interface SubscriptionGap {
  /** Their connection is gone. */
  begin(subscriptions: number, now: Ms): void;
  /** All of them were confirmed. */
  end(subscriptions: number, server: EndpointId): void;
}

export function createSubscriptionGap(
  cluster: Pick<Cluster, 'reportGap'>,
  target: TargetId,
): SubscriptionGap {
  let from: Ms | undefined;
  return {
    begin(subscriptions, now) {
      if (subscriptions > 0) from ??= now;
    },
    end(subscriptions, server) {
      const since = from;
      from = undefined;
      if (since !== undefined && subscriptions > 0) cluster.reportGap(target, server, subscriptions, since);
    },
  };
}
