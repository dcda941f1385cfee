import type { Duplex } from 'node:stream';
import type { Cancel, Runtime } from '@failover/core';
import { resetStream } from '@failover/testing';

/** Stands where a process of the operating system would: it can be killed and stopped, whatever runs inside. */
export interface NodeProcess {
  readonly state: 'running' | 'hung' | 'dead';
  /** Does it now; after `resume` while the process hangs; never once it is dead. */
  run(action: () => void): void;
  /** A timer of this process. */
  after(ms: number, callback: () => void): Cancel;
  /** The connection lives and dies with the process. */
  adopt(stream: Duplex): void;
  /** Connections are reset. Final. */
  kill(): void;
  /** As SIGSTOP: nothing is read, nothing is written, no timer fires. */
  hang(): void;
  /** As SIGCONT: everything that piled up happens now, and then what was sent meanwhile is read. */
  resume(): void;
}

export function createNodeProcess(runtime: Runtime): NodeProcess {
  const streams = new Set<Duplex>();
  const timers = new Set<Cancel>();
  let due: (() => void)[] = [];
  let state: 'running' | 'hung' | 'dead' = 'running';

  const process: NodeProcess = {
    get state() {
      return state;
    },
    run(action) {
      if (state === 'running') action();
      else if (state === 'hung') due.push(action);
    },
    after(ms, callback) {
      if (state === 'dead') return () => undefined;
      let isCancelled = false;
      const cancelOuter = runtime.after(ms, () => {
        timers.delete(cancelOuter);
        process.run(() => {
          if (!isCancelled) callback();
        });
      });
      timers.add(cancelOuter);
      return () => {
        isCancelled = true;
        timers.delete(cancelOuter);
        cancelOuter();
      };
    },
    adopt(stream) {
      streams.add(stream);
      stream.on('close', () => streams.delete(stream));
      stream.on('error', () => undefined);
      if (state === 'dead') resetStream(stream);
      if (state === 'hung') stream.pause();
    },
    kill() {
      if (state === 'dead') return;
      state = 'dead';
      for (const cancel of timers) cancel();
      timers.clear();
      due = [];
      for (const stream of [...streams]) resetStream(stream);
    },
    hang() {
      if (state !== 'running') return;
      state = 'hung';
      for (const stream of streams) stream.pause();
    },
    resume() {
      if (state !== 'hung') return;
      state = 'running';
      // Only now: what runs meanwhile may add more.
      const waited = due;
      due = [];
      for (const action of waited) action();
      for (const stream of streams) stream.resume();
    },
  };
  return process;
}
