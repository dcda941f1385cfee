import type { HoldRequest, Lease } from '@failover/core';
import type { PendingWork } from './pending.ts';
import { countOf, passedGate, sizeOf } from './pending.ts';

/** Keeps the work of one client back while there is no server for it. */
export interface Gates {
  /** How many wait. */
  readonly waiting: number;
  /** In core's queue, counted with everybody's, until there is a lease. */
  hold(work: PendingWork): void;
  pause(work: PendingWork, ms: number): void;
  /** Until `open` is called with it, or `cancel` takes it back. */
  wait(work: PendingWork, cancel: () => void): void;
  open(work: PendingWork): void;
  /** It waits no more: its client is gone, or got its answer. */
  cancel(work: PendingWork): void;
}

export interface GateEvents {
  hold(request: HoldRequest): Promise<Lease>;
  after(ms: number, callback: () => void): () => void;
  passed(): void;
  /** Its time is up, or there is no room. */
  refused(work: PendingWork, reason: string): void;
}

export function createGates(events: GateEvents): Gates {
  const gates = {
    waiting: 0,
    hold(work: PendingWork) {
      const abort = new AbortController();
      gates.wait(work, () => {
        abort.abort();
      });
      const request = {
        bytes: sizeOf(work),
        count: Math.max(1, countOf(work)),
        deadline: work.deadline,
        signal: abort.signal,
      };
      events.hold(request).then(
        () => {
          if (!abort.signal.aborted) gates.open(work);
        },
        (error: unknown) => {
          if (abort.signal.aborted || !pass(work)) return;
          events.refused(work, error instanceof Error ? error.message : 'there is no server');
        },
      );
    },
    pause(work: PendingWork, ms: number) {
      gates.wait(
        work,
        events.after(ms, () => {
          gates.open(work);
        }),
      );
    },
    wait(work: PendingWork, cancel: () => void) {
      work.gate = { type: 'waiting', cancel };
      gates.waiting += 1;
    },
    open(work: PendingWork) {
      if (pass(work)) events.passed();
    },
    cancel(work: PendingWork) {
      const { gate } = work;
      if (pass(work) && gate.type === 'waiting') gate.cancel();
    },
  };

  function pass(work: PendingWork): boolean {
    if (work.gate.type !== 'waiting') return false;
    gates.waiting -= 1;
    work.gate = passedGate;
    return true;
  }

  return gates;
}
