import type { HoldRequest, Lease } from '@failover/core';
import type { PendingWork } from './pending.ts';
import { countOf, passedGate, sizeOf } from './pending.ts';

export interface GateEvents {
  /** In core's queue. */
  queue(request: HoldRequest): Promise<Lease>;
  after(ms: number, callback: () => void): () => void;
  passed(): void;
  /** Its time is up, or there is no room. */
  refused(work: PendingWork, reason: string): void;
}

/** Keeps the work of one client back while there is no server for it. */
export class Gates {
  /** How many wait. */
  waiting = 0;
  readonly #events: GateEvents;

  constructor(events: GateEvents) {
    this.#events = events;
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
    this.#events.queue(request).then(
      () => {
        if (!abort.signal.aborted) this.open(work);
      },
      (error: unknown) => {
        if (abort.signal.aborted || !this.#pass(work)) return;
        this.#events.refused(work, error instanceof Error ? error.message : 'there is no server');
      },
    );
  }

  pause(work: PendingWork, ms: number): void {
    this.wait(
      work,
      this.#events.after(ms, () => {
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
    if (this.#pass(work)) this.#events.passed();
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
