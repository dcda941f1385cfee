import type { Runtime } from '@failover/core';
import type { Origin } from './origin.ts';
import type { PendingWork } from './pending.ts';
import { countOf, passedGate, sizeOf } from './pending.ts';

export interface GatesOptions {
  /** `hold`: in core's queue. */
  readonly origin: Pick<Origin, 'hold'>;
  readonly context: { readonly runtime: Pick<Runtime, 'after'> };
  /** `refused`: its time is up, or there is no room. */
  readonly settlement: { refused(work: PendingWork, reason: string): void };
  /** The head of the line may have its turn. */
  pump(): void;
}

/** Keeps the work of one client back while there is no server for it. */
export class Gates {
  /** How many wait. */
  waiting = 0;
  readonly #options: GatesOptions;

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** In core's queue, counted with everybody's, until there is a lease. */
  hold(work: PendingWork): void {
    const abort = new AbortController();
    this.wait(work, () => {
      abort.abort();
    });
    const request = {
      bytes: sizeOf(work),
      count: Math.max(1, countOf(work)),
      deadline: work.deadline,
      signal: abort.signal,
    };
    this.#options.origin.hold(request).then(
      () => {
        if (!abort.signal.aborted) this.open(work);
      },
      (error: unknown) => {
        if (abort.signal.aborted || !this.#pass(work)) return;
        this.#options.settlement.refused(work, error instanceof Error ? error.message : 'there is no server');
      },
    );
  }

  pause(work: PendingWork, ms: number): void {
    this.wait(
      work,
      this.#options.context.runtime.after(ms, () => {
        this.open(work);
      }),
    );
  }

  /** Until `open` is called with it, or `cancel` takes it back. */
  wait(work: PendingWork, cancel: () => void): void {
    work.gate = { type: 'waiting', cancel };
    this.waiting += 1;
  }

  open(work: PendingWork): void {
    if (this.#pass(work)) this.#options.pump();
  }

  /** It waits no more: its client is gone, or got its answer. */
  cancel(work: PendingWork): void {
    const { gate } = work;
    if (this.#pass(work) && gate.type === 'waiting') gate.cancel();
  }

  #pass(work: PendingWork): boolean {
    if (work.gate.type !== 'waiting') return false;
    this.waiting -= 1;
    work.gate = passedGate;
    return true;
  }
}
