import type { Ms, Runtime } from '@failover/core';

/** The time of this turn of the event loop, and what is to be done at its end. */
export interface Tick {
  /** Read from the clock once a turn. */
  now(): Ms;
  /** After all sockets that were readable in this turn were read, so that their commands leave in one write. */
  atEnd(callback: () => void): void;
}

/** `defer` says when a tick ends: with `process.nextTick` nothing waits for other sockets. */
export function createTick(
  runtime: Pick<Runtime, 'now'>,
  defer: (end: () => void) => unknown = setImmediate,
): Tick {
  let now: Ms | undefined;
  let isScheduled = false;
  let callbacks: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    defer(end);
  }

  function end(): void {
    isScheduled = false;
    now = undefined;
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  }

  return {
    now() {
      if (now === undefined) {
        now = runtime.now();
        schedule();
      }
      return now;
    },
    atEnd(callback) {
      callbacks.push(callback);
      schedule();
    },
  };
}
