import type { Lanes } from './lanes.ts';
import type { Owed, Resendable } from './owed.ts';
import type { Redirect } from './redirect.ts';
import { asking, maxRedirects, shardIn } from './redirect.ts';
import type { SlotMap } from './slot-map.ts';

export interface RedirectsOptions {
  readonly lanes: Lanes;
  readonly slots: Pick<SlotMap, 'shardAt' | 'moved'>;
  /** What is bound to its connection would have to go elsewhere. */
  boundMoved(): void;
}

interface Redirected {
  readonly type: Redirect['type'];
  readonly asked: Resendable;
  readonly shard: string;
}

/** Refused by shards that have those slots no more. They go again, in order, when nothing is in flight. */
export class Redirects {
  readonly #options: RedirectsOptions;
  #waiting: Redirected[] = [];

  constructor(options: RedirectsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** False if it cannot go elsewhere. */
  follow(owed: Owed, redirect: Redirect): boolean {
    const { slots } = this.#options;
    const shard = shardIn(redirect, slots);
    if (shard === undefined) return false;
    const { slot, type } = redirect;
    if (type === 'moved') slots.moved(slot, shard);
    if (owed.type !== 'asked' || owed.isBound) {
      this.#options.boundMoved();
      return false;
    }
    const { bytes } = owed;
    if (bytes === undefined || owed.redirects >= maxRedirects) return false;
    this.#waiting.push({ type, shard, asked: { ...owed, bytes, redirects: owed.redirects + 1 } });
    return true;
  }

  resend(): void {
    const { lanes } = this.#options;
    if (this.isEmpty || lanes.inFlight > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { type, shard, asked } of waiting) {
      const lane = lanes.to(shard);
      if (lane === undefined) continue;
      if (type === 'ask') lanes.askBoth(lane, asking, asked);
      else lanes.ask(lane, asked);
    }
  }
}
