import type { Ms } from '@failover/core';
import { connectAmqp } from '../amqp-client.ts';
import { countedOnce, type Copy } from '../copies.ts';
import { drainQueue } from '../drain-queue.ts';
import { nodeOf } from '../inject.ts';
import type { RabbitTestbed } from '../testbed.ts';

/** The queue of the demo: one key of the workload. */
export const queue = 'failover-demo:list:0:0';

/** All that came out of the queue, whoever took it. */
export interface Ledger {
  add(copy: Copy): void;
  has(value: string): boolean;
  /** Each value of ours once, and once more for each copy that came silently. */
  values(isOurs: (value: string) => boolean): readonly string[];
  /** Copies beyond the first that say what they are. */
  told(): number;
  /**
   * Takes what is left, from the servers themselves, until all of these were seen. What a consumer had in hand that is
   * gone comes back by and by.
   */
  collect(wanted: readonly string[], timeoutMs: Ms): Promise<void>;
}

/** ms between two looks. */
const lookMs = 200;

export function createLedger(testbed: RabbitTestbed): Ledger {
  const { runtime } = testbed;
  const copies: Copy[] = [];
  const seen = new Set<string>();

  function add(copy: Copy): void {
    copies.push(copy);
    seen.add(copy.value);
  }

  async function drain(): Promise<void> {
    const client = await connectAmqp(runtime, await nodeOf(testbed, 'any'));
    try {
      for (const copy of await drainQueue(client, queue)) add(copy);
    } finally {
      client.destroy();
    }
  }

  return {
    add,
    has: (value) => seen.has(value),
    values: (isOurs) => countedOnce(copies).filter(isOurs),
    told: () => copies.length - countedOnce(copies).length,
    async collect(wanted, timeoutMs) {
      const endAt = runtime.now() + timeoutMs;
      for (;;) {
        await drain();
        if (wanted.every((value) => seen.has(value)) || runtime.now() > endAt) return;
        await new Promise<void>((resolve) => {
          runtime.after(lookMs, resolve);
        });
      }
    },
  };
}
