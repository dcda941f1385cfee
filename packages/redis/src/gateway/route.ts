import type { Lease } from '@failover/core';
import type { ClientState } from './client-state.ts';
import type { GatewayContext } from './context.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingWork } from './pending.ts';
import type { Pool } from './pool.ts';
import type { Upstream } from './upstream.ts';

/** A connection to send on; or the head of the line waits on; or it was settled without one. */
export type Way = Upstream<Pending> | 'waits' | 'settled';

/** On which connection a client's commands go: on one that is shared, or on one of its own. */
export interface Route {
  readonly upstream: Upstream<Pending> | undefined;
  /** The origin's generation when `upstream` was chosen. */
  readonly generation: number;
  readonly isOnPinned: boolean;
  /** The lease to work under now; without one the work is held. */
  lease(work: PendingWork): Lease | undefined;
  shared(head: PendingWork): Way;
  pinned(head: PendingWork): Way;
  /** The client's own connection has work, or has had it until now. */
  used(): void;
  forget(): void;
  closePinned(reason: string): void;
}

export interface RouteOptions {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly state: Readonly<ClientState>;
  readonly sharedPool: Pool<Pending>;
  openPinned(): Pool<Pending>;
  /** Commands are in flight: the route may not change. */
  isBusy(): boolean;
  /** State on its own connection keeps the client there. */
  isFixed(): boolean;
  hold(head: PendingWork): void;
  tooLate(head: PendingWork): void;
  rejected(head: PendingWork, error: string): void;
  /** A connection that somebody waits for may be there. */
  again(): void;
  /** Its own connection was not used for long. */
  idle(): void;
}

export function createRoute(options: RouteOptions): Route {
  const { context, origin, state } = options;
  const { limits, tick } = context;
  let pinnedPool: Pool<Pending> | undefined;
  let usedAt = 0;
  let stopIdleTimer: (() => void) | undefined;

  const route = {
    upstream: undefined as Upstream<Pending> | undefined,
    generation: -1,
    isOnPinned: false,
    lease: leaseFor,
    shared(head: PendingWork): Way {
      const lease = leaseFor(head);
      if (lease === undefined) return 'waits';
      if (!options.isBusy()) return take(options.sharedPool, lease, head, false);
      // Also behind commands on its own connection, as long as those are not done.
      const { upstream } = route;
      if (upstream?.lease !== lease || !upstream.isOpen) return 'waits';
      route.generation = origin.generation;
      return upstream;
    },
    pinned(head: PendingWork): Way {
      // What is on its way there, and any state, keeps it there: nothing inside a transaction moves.
      const isBegun = head.type === 'large' && head.hasBegun;
      const isKept = options.isFixed() || options.isBusy() || isBegun;
      if (route.isOnPinned && route.upstream?.isOpen === true && isKept) return route.upstream;
      const lease = leaseFor(head);
      if (lease === undefined || options.isBusy()) return 'waits';
      pinnedPool ??= options.openPinned();
      return take(pinnedPool, lease, head, true);
    },
    used() {
      usedAt = tick.now();
    },
    forget() {
      route.upstream = undefined;
      route.isOnPinned = false;
    },
    closePinned(reason: string) {
      stopIdleTimer?.();
      stopIdleTimer = undefined;
      const closing = pinnedPool;
      pinnedPool = undefined;
      closing?.close(reason);
    },
  };

  function leaseFor(work: PendingWork): Lease | undefined {
    const lease = origin.lease();
    if (lease === undefined) options.hold(work);
    return lease;
  }

  function take(pool: Pool<Pending>, lease: Lease, head: PendingWork, isPinnedPool: boolean): Way {
    const taken = pool.take(lease, state.identity, options.again);
    switch (taken.type) {
      case 'ready':
        route.upstream = taken.upstream;
        route.generation = origin.generation;
        route.isOnPinned = isPinnedPool;
        if (isPinnedPool) {
          route.used();
          watchIdle();
        }
        return taken.upstream;
      case 'waiting':
        route.upstream = undefined;
        if (tick.now() < head.deadline || head.type === 'restore') return 'waits';
        options.tooLate(head);
        return 'settled';
      case 'rejected':
        options.rejected(head, taken.error);
        return 'settled';
    }
  }

  /** One timer, however often the connection is used. */
  function watchIdle(): void {
    stopIdleTimer ??= context.runtime.after(limits.pinnedIdleMs, () => {
      stopIdleTimer = undefined;
      const isIdle = !options.isFixed() && !(route.isOnPinned && options.isBusy());
      if (isIdle && tick.now() - usedAt >= limits.pinnedIdleMs) options.idle();
      else if (pinnedPool !== undefined) watchIdle();
    });
  }

  return route;
}
