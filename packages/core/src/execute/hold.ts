import type { Ms } from '../model/index.ts';

export interface HoldLimits {
  /** Operations that may wait for one target. Default 10,000. */
  readonly maxCount: number;
  /** Bytes that may wait for one target. Default 16 MiB. */
  readonly maxBytes: number;
  /** Longest wait of one operation in ms. */
  readonly windowMs: number;
}

export const defaultHoldLimits: HoldLimits = {
  maxCount: 10_000,
  maxBytes: 16 * 1024 * 1024,
  windowMs: 20_000,
};

/** ms between two releases of a drain: the server that took over meets its load in doubling steps. */
const rampStepMs = 1;

export interface Waiter {
  readonly id: number;
  readonly bytes: number;
  readonly count: number;
  readonly until: Ms;
}

export interface HoldCounts {
  readonly held: number;
  readonly drained: number;
  readonly evicted: number;
  readonly cancelled: number;
  readonly waiting: number;
}

/**
 * The queue of one target: bounded in count, bytes and time, first in first out, drained in a ramp. It holds no
 * promise, clock or timer: each call is given the time and returns the ids it lets go.
 *
 * A mutable queue and not a fold, since copying thousands of waiters for each newcomer is quadratic.
 * Invariant after each call: held = drained + evicted + cancelled + waiting, counted in operations.
 */
export interface Hold {
  /** `full`: the newest is refused, so that those who wait keep their place. */
  enter(waiter: Omit<Waiter, 'id'>): number | 'full';
  /** The one who asked is gone or gave up. */
  cancel(id: number): boolean;
  /** Those whose time is up. */
  expire(now: Ms): readonly number[];
  /** Everybody, for a target that is given up. */
  evictAll(): readonly number[];
  /** A drain begins: the next step of the ramp is the first. */
  startDrain(): void;
  /** The next step of the drain: 1 waiter goes, then 2, 4, …. Ask again after `nextInMs`, if it is given. */
  release(): { readonly ids: readonly number[]; readonly nextInMs: number | undefined };
  /** When the next waiter's time is up. */
  readonly nextExpiry: Ms | undefined;
  readonly counts: HoldCounts;
  readonly heldBytes: number;
}

export function createHold(limits: Pick<HoldLimits, 'maxCount' | 'maxBytes'>): Hold {
  const waiters = new Map<number, Waiter>();
  let lastId = 0;
  let waiting = 0;
  let heldBytes = 0;
  let held = 0;
  let drained = 0;
  let evicted = 0;
  let cancelled = 0;
  let stepSize = 1;

  function take(id: number): number {
    const waiter = waiters.get(id);
    if (waiter === undefined) return 0;
    waiters.delete(id);
    waiting -= waiter.count;
    heldBytes -= waiter.bytes;
    return waiter.count;
  }

  return {
    enter(waiter) {
      if (waiting + waiter.count > limits.maxCount || heldBytes + waiter.bytes > limits.maxBytes)
        return 'full';
      lastId += 1;
      waiters.set(lastId, { ...waiter, id: lastId });
      waiting += waiter.count;
      heldBytes += waiter.bytes;
      held += waiter.count;
      return lastId;
    },
    cancel(id) {
      const count = take(id);
      cancelled += count;
      return count > 0;
    },
    expire(now) {
      const ids = [...waiters.values()].filter((waiter) => waiter.until <= now).map((waiter) => waiter.id);
      for (const id of ids) evicted += take(id);
      return ids;
    },
    evictAll() {
      const ids = [...waiters.keys()];
      for (const id of ids) evicted += take(id);
      return ids;
    },
    startDrain() {
      stepSize = 1;
    },
    release() {
      const ids: number[] = [];
      for (const id of waiters.keys()) {
        if (ids.length >= stepSize) break;
        ids.push(id);
      }
      for (const id of ids) drained += take(id);
      stepSize = Math.min(stepSize * 2, limits.maxCount);
      return { ids, nextInMs: waiters.size === 0 ? undefined : rampStepMs };
    },
    get nextExpiry() {
      let next: Ms | undefined;
      for (const waiter of waiters.values())
        if (next === undefined || waiter.until < next) next = waiter.until;
      return next;
    },
    get counts() {
      return { held, drained, evicted, cancelled, waiting };
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
