import type { Ms } from '@failover/core';
import type { GatewayContext } from '../context.ts';
import type { SlotMap } from './slot-map.ts';

export interface ShardWaitOptions {
  readonly slots: Pick<SlotMap, 'onNextChange'>;
  readonly context: Pick<GatewayContext, 'runtime' | 'tick'>;
  /** Something has changed, or the time is up. */
  pump(): void;
}

/** Waits for a shard that serves what the head of the line needs. */
export class ShardWait {
  readonly #options: ShardWaitOptions;
  #cancel: (() => void) | undefined;

  constructor(options: ShardWaitOptions) {
    this.#options = options;
  }

  until(deadline: Ms): void {
    if (this.#cancel !== undefined) return;
    const { context, slots } = this.#options;
    const again = (): void => {
      this.stop();
      this.#options.pump();
    };
    const stopListening = slots.onNextChange(again);
    const cancel = context.runtime.after(deadline - context.tick.now(), again);
    this.#cancel = () => {
      stopListening();
      cancel();
    };
  }

  stop(): void {
    const cancel = this.#cancel;
    this.#cancel = undefined;
    cancel?.();
  }
}
