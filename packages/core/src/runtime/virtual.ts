import type { Ms } from '../model/index.ts';
import { seededRandom } from './random.ts';
import type { Log, Runtime } from './runtime.ts';
import { silentLog } from './runtime.ts';
import { createTimerQueue } from './timer-queue.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import { createVirtualNetwork } from './virtual-network.ts';

export type { LinkFault, VirtualNetwork } from './virtual-network.ts';
export { seededRandom } from './random.ts';

/** Virtual time, a seeded random source and an in-memory network: the same seed gives the same run. */
export interface VirtualRuntime extends Runtime {
  readonly network: VirtualNetwork;
  /** Lets `ms` pass: each timer in its turn, and all that promises and streams do in between. */
  advance(ms: number): Promise<void>;
  /** The same without promises and streams, for simulations of many thousand timers. */
  advanceNow(ms: number): void;
  /** Lets time pass until the condition holds. @throws Error if it does not within `limitMs`. */
  until(condition: () => boolean, limitMs: number): Promise<void>;
  /** Stands still: time passes, and timers that were due run late, as in a process that was stopped. */
  stall(ms: number): void;
  readonly pendingTimers: number;
}

export function virtualRuntime(options: { readonly seed: number; readonly log?: Log }): VirtualRuntime {
  const timers = createTimerQueue();
  const random = seededRandom(options.seed);
  let now: Ms = 0;
  const after = (ms: number, callback: () => void): (() => void) =>
    timers.add(now + Math.max(0, ms), callback);
  const network = createVirtualNetwork(after, random);

  function step(until: Ms): boolean {
    const due = timers.takeDue(until);
    if (due === undefined) return false;
    now = Math.max(now, due.at);
    due.callback();
    return true;
  }

  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    await settled();
    while (step(until)) await settled();
    now = Math.max(now, until);
  }

  return {
    now: () => now,
    after,
    random,
    connect: (endpoint) => network.connect(endpoint),
    log: options.log ?? silentLog,
    network,
    advance,
    advanceNow(ms) {
      const until = now + ms;
      while (step(until));
      now = Math.max(now, until);
    },
    async until(condition, limitMs) {
      const limit = now + limitMs;
      await settled();
      while (!condition()) {
        if (!step(limit)) throw new Error(`the condition did not hold within ${limitMs} ms of virtual time`);
        await settled();
      }
    },
    stall(ms) {
      now += ms;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}

/** All that is ready to run without time passing: promises, stream callbacks, immediates. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
