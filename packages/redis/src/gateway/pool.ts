import type { Lease } from '@failover/core';
import { onAbort } from '@failover/core';
import type { Dialled } from './dial.ts';
import type { Identity } from './identity.ts';
import type { Upstream } from './upstream.ts';

export type Shared<Item> =
  | { readonly type: 'ready'; readonly upstream: Upstream<Item> }
  /** The one who asked is called back when asking again may help. */
  | { readonly type: 'waiting' }
  /** The server does not accept this identity. */
  | { readonly type: 'rejected'; readonly error: string };

/**
 * The connections that clients share: one for each lease and identity, and a second while a large reply passes. One
 * that is a slow client's alone is no longer among them.
 */
export interface Pool<Item> {
  take(lease: Lease, identity: Identity, again: () => void): Shared<Item>;
  /** Is there one for this identity? Then the server has accepted it. */
  has(lease: Lease, identity: Identity): boolean;
  /** Asks the server on a fresh connection, which is kept if nobody has one for this identity. */
  verify(lease: Lease, identity: Identity, done: (dialled: Dialled) => void): () => void;
  /** All that are open. */
  readonly upstreams: Iterable<Upstream<Item>>;
  closed(upstream: Upstream<Item>): void;
  close(reason: string): void;
}

export interface PoolOptions<Item> {
  dial(lease: Lease, identity: Identity, done: (dialled: Dialled) => void): () => void;
  adopt(lease: Lease, dialled: Extract<Dialled, { type: 'verified' }>): Upstream<Item>;
  after(ms: number, callback: () => void): () => void;
  random(): number;
  /** Connections for each lease and identity, default 2. */
  readonly maxUpstreams?: number;
}

interface Slot<Item> {
  readonly upstreams: Upstream<Item>[];
  readonly waiters: Set<() => void>;
  cancel: (() => void) | undefined;
  rejected: string | undefined;
  failures: number;
}

/** ms before the second try; doubles. The first one after a loss is immediate: a restart may be over already. */
const firstPauseMs = 10;
/** ms for which a server's refusal of an identity stands. */
const rejectedMs = 100;
const longestPauseMs = 250;

export function createPool<Item>(options: PoolOptions<Item>): Pool<Item> {
  const { maxUpstreams = 2 } = options;
  const slotsByLease = new Map<Lease, Map<string, Slot<Item>>>();
  const open = new Set<Upstream<Item>>();

  function slotOf(lease: Lease, identity: Identity): Slot<Item> {
    let slots = slotsByLease.get(lease);
    if (slots === undefined) {
      slots = new Map();
      slotsByLease.set(lease, slots);
      onAbort(lease.fenced, () => {
        forget(lease);
      });
    }
    let slot = slots.get(identity.key);
    if (slot === undefined) {
      slot = { upstreams: [], waiters: new Set(), cancel: undefined, rejected: undefined, failures: 0 };
      slots.set(identity.key, slot);
    }
    return slot;
  }

  function forget(lease: Lease): void {
    const slots = slotsByLease.get(lease);
    slotsByLease.delete(lease);
    for (const slot of slots?.values() ?? []) {
      slot.cancel?.();
      slot.cancel = undefined;
      wake(slot);
    }
  }

  function add(slot: Slot<Item>, upstream: Upstream<Item>): void {
    open.add(upstream);
    slot.upstreams.push(upstream);
  }

  function wake(slot: Slot<Item>): void {
    const waiters = [...slot.waiters];
    slot.waiters.clear();
    for (const waiter of waiters) waiter();
  }

  function connect(lease: Lease, identity: Identity, slot: Slot<Item>): void {
    slot.cancel = options.dial(lease, identity, (dialled) => {
      slot.cancel = undefined;
      switch (dialled.type) {
        case 'verified': {
          slot.failures = 0;
          add(slot, options.adopt(lease, dialled));
          break;
        }
        case 'rejected':
          slot.rejected = dialled.error;
          // Said to all who wait now. Later the server is asked anew, since passwords and users change.
          slot.cancel = options.after(rejectedMs, () => {
            slot.cancel = undefined;
            slot.rejected = undefined;
          });
          break;
        case 'fenced':
          break;
        case 'unfit':
        case 'failed': {
          const pauseMs =
            Math.min(longestPauseMs, firstPauseMs * 2 ** slot.failures) * (0.5 + options.random());
          slot.failures += 1;
          slot.cancel = options.after(pauseMs, () => {
            slot.cancel = undefined;
            wake(slot);
          });
          return;
        }
      }
      wake(slot);
    });
  }

  return {
    upstreams: open,
    has: (lease, identity) =>
      slotsByLease
        .get(lease)
        ?.get(identity.key)
        ?.upstreams.some((upstream) => upstream.isOpen) === true,
    verify(lease, identity, done) {
      return options.dial(lease, identity, (dialled) => {
        if (dialled.type === 'verified') {
          const slot = slotOf(lease, identity);
          if (slot.upstreams.length === 0 && !lease.fenced.aborted) add(slot, options.adopt(lease, dialled));
          else dialled.socket.destroy();
        }
        done(dialled);
      });
    },
    take(lease, identity, again) {
      const slot = slotOf(lease, identity);
      let busy: Upstream<Item> | undefined;
      let shared = 0;
      for (const upstream of slot.upstreams) {
        if (!upstream.isOpen || upstream.isApart) continue;
        shared += 1;
        if (!upstream.isBusy) return { type: 'ready', upstream };
        busy = upstream;
      }
      if (busy !== undefined && shared >= maxUpstreams) return { type: 'ready', upstream: busy };
      if (slot.rejected !== undefined) {
        return { type: 'rejected', error: slot.rejected };
      }
      slot.waiters.add(again);
      if (slot.cancel === undefined && !lease.fenced.aborted) connect(lease, identity, slot);
      return { type: 'waiting' };
    },
    closed(upstream) {
      open.delete(upstream);
      for (const slot of slotsByLease.get(upstream.lease)?.values() ?? []) {
        const at = slot.upstreams.indexOf(upstream);
        if (at !== -1) slot.upstreams.splice(at, 1);
      }
    },
    close(reason) {
      for (const lease of [...slotsByLease.keys()]) forget(lease);
      for (const upstream of [...open]) upstream.close(reason);
    },
  };
}
