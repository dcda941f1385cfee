import type { Lease } from '@failover/core';
import type { ClientState } from './client-state.ts';
import type { GatewayContext } from './context.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingWork } from './pending.ts';
import type { Pool } from './pool.ts';
import type { Upstream } from './upstream.ts';

/** A connection to send on; or the head of the line waits on; or it was settled without one. */
export type Way = Upstream<Pending> | 'waits' | 'settled';

export interface RouteOptions {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly state: Readonly<ClientState>;
  readonly shared: Pool<Pending>;
  openPinned(): Pool<Pending>;
  /** While it is busy with commands, the route may not change. */
  readonly flight: { readonly isBusy: boolean };
  /** Fixed: state on its own connection keeps the client there. */
  readonly attachment: { readonly isFixed: boolean };
  readonly gates: { hold(head: PendingWork): void };
  readonly settlement: {
    tooLate(head: PendingWork): void;
    rejected(head: PendingWork, error: string): void;
  };
  /** A connection that somebody waits for may be there. */
  readonly again: () => void;
  /** Its own connection was not used for long. */
  idle(): void;
}

/** On which connection a client's commands go: on one that is shared, or on one of its own. */
export class Route {
  upstream: Upstream<Pending> | undefined;
  /** The origin's generation when `upstream` was chosen. */
  generation = -1;
  isOnPinned = false;
  readonly #options: RouteOptions;
  #pinnedPool: Pool<Pending> | undefined;
  #usedAt = 0;
  #stopIdleTimer: (() => void) | undefined;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  shared(head: PendingWork): Way {
    const lease = this.lease(head);
    if (lease === undefined) return 'waits';
    const { shared, origin } = this.#options;
    if (!this.#options.flight.isBusy) return this.#take(shared, lease, head, false);
    // Also behind commands on its own connection, as long as those are not done.
    const { upstream } = this;
    if (upstream?.lease !== lease || !upstream.isOpen) return 'waits';
    this.generation = origin.generation;
    return upstream;
  }

  pinned(head: PendingWork): Way {
    // What is on its way there, and any state, keeps it there: nothing inside a transaction moves.
    const isBegun = head.type === 'large' && head.hasBegun;
    const isKept = this.#options.attachment.isFixed || this.#options.flight.isBusy || isBegun;
    if (this.isOnPinned && this.upstream?.isOpen === true && isKept) return this.upstream;
    const lease = this.lease(head);
    if (lease === undefined || this.#options.flight.isBusy) return 'waits';
    this.#pinnedPool ??= this.#options.openPinned();
    return this.#take(this.#pinnedPool, lease, head, true);
  }

  /** The client's own connection has work, or has had it until now. */
  used(): void {
    this.#usedAt = this.#options.context.tick.now();
  }

  forget(): void {
    this.upstream = undefined;
    this.isOnPinned = false;
  }

  closePinned(reason: string): void {
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = undefined;
    const closing = this.#pinnedPool;
    this.#pinnedPool = undefined;
    closing?.close(reason);
  }

  /** The lease to work under now; without one the work is held. */
  lease(work: PendingWork): Lease | undefined {
    const lease = this.#options.origin.lease();
    if (lease === undefined) this.#options.gates.hold(work);
    return lease;
  }

  #take(pool: Pool<Pending>, lease: Lease, head: PendingWork, isPinnedPool: boolean): Way {
    const { state, context, origin, again } = this.#options;
    const taken = pool.take(lease, state.identity, again);
    switch (taken.type) {
      case 'ready':
        this.upstream = taken.upstream;
        this.generation = origin.generation;
        this.isOnPinned = isPinnedPool;
        if (isPinnedPool) {
          this.used();
          this.#watchIdle();
        }
        return taken.upstream;
      case 'waiting':
        this.upstream = undefined;
        if (context.tick.now() < head.deadline || head.type === 'restore') return 'waits';
        this.#options.settlement.tooLate(head);
        return 'settled';
      case 'rejected':
        this.#options.settlement.rejected(head, taken.error);
        return 'settled';
    }
  }

  /** One timer, however often the connection is used. */
  #watchIdle(): void {
    const { runtime, limits, tick } = this.#options.context;
    this.#stopIdleTimer ??= runtime.after(limits.pinnedIdleMs, () => {
      this.#stopIdleTimer = undefined;
      const isIdle = !this.#options.attachment.isFixed && !(this.isOnPinned && this.#options.flight.isBusy);
      if (isIdle && tick.now() - this.#usedAt >= limits.pinnedIdleMs) this.#options.idle();
      else if (this.#pinnedPool !== undefined) this.#watchIdle();
    });
  }
}
