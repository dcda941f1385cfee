import type { Ms, Runtime } from '@failover/core';

/** The time of this turn of the event loop, and what is to be done at its end. */
export interface Tick {
  /** Read from the clock once a turn. */
  now(): Ms;
  /** After all sockets that were readable in this turn were read, so that their commands leave in one write. */
  atEnd(callback: () => void): void;
}

/** Every callback is a tick of its own: for clients in our process, who write together what they wrote together. */
export function createInstantTick(runtime: Pick<Runtime, 'now'>): Tick {
  return {
    now: () => runtime.now(),
    atEnd(callback) {
      process.nextTick(callback);
    },
  };
}

export function createTick(runtime: Pick<Runtime, 'now'>): Tick {
  let now: Ms | undefined;
  let isScheduled = false;
  let callbacks: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(end);
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
