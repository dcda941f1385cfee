import type { Duplex } from 'node:stream';
import type { Cancel, EndpointId, Runtime } from '@failover/core';
import { resetStream, type Listen, type Unlisten } from '@failover/testing';

/**
 * Stands where a process of the operating system would: what runs inside sees clock, timers and network only
 * through it, and so it can be killed, stopped and cut off without knowing of it.
 */
export interface DoubleProcess {
  /** For what runs inside. Its timers stand still while it hangs, and never fire after a kill. */
  readonly runtime: Runtime;
  listen(endpoint: EndpointId, onConnection: (stream: Duplex) => void): Promise<void>;
  readonly state: 'running' | 'hung' | 'dead';
  /** Connections are reset, new ones refused. Final. */
  kill(): void;
  /** As SIGSTOP: connections are still accepted, nothing is read, no timer fires. */
  hang(): void;
  /** As SIGCONT: everything that piled up happens now. */
  resume(): void;
  /** Hangs and resumes by itself: a server that is busy for a while. */
  sleep(ms: number): void;
  /** What others send does not arrive, and new connections stay silent; the process itself goes on. */
  blackHole(): void;
  /** What was held up arrives now. */
  healBlackHole(): void;
}

export function createDoubleProcess(outer: Runtime, listen: Listen): DoubleProcess {
  const inbound = new Set<Duplex>();
  const outbound = new Set<Duplex>();
  const unlisteners: Unlisten[] = [];
  const timers = new Set<Cancel>();
  let due: (() => void)[] = [];
  let state: 'running' | 'hung' | 'dead' = 'running';
  let isDeaf = false;

  function track(stream: Duplex, streams: Set<Duplex>): void {
    streams.add(stream);
    stream.on('close', () => streams.delete(stream));
    stream.on('error', () => undefined);
  }

  const runtime: Runtime = {
    now: () => outer.now(),
    random: () => outer.random(),
    log: outer.log,
    after(ms, callback) {
      if (state === 'dead') return () => undefined;
      let isCancelled = false;
      const run = (): void => {
        if (!isCancelled && state !== 'dead') callback();
      };
      const cancelOuter = outer.after(ms, () => {
        timers.delete(cancelOuter);
        if (state === 'hung') due.push(run);
        else run();
      });
      timers.add(cancelOuter);
      return () => {
        isCancelled = true;
        timers.delete(cancelOuter);
        cancelOuter();
      };
    },
    connect(endpoint) {
      const stream = outer.connect(endpoint);
      track(stream, outbound);
      if (state === 'dead') stream.destroy();
      return stream;
    },
  };

  const process: DoubleProcess = {
    runtime,
    async listen(endpoint, onConnection) {
      const unlisten = await listen(endpoint, (stream) => {
        if (state === 'dead') return resetStream(stream);
        track(stream, inbound);
        onConnection(stream);
        if (state === 'hung' || isDeaf) stream.pause();
      });
      unlisteners.push(unlisten);
    },
    get state() {
      return state;
    },
    kill() {
      if (state === 'dead') return;
      state = 'dead';
      for (const unlisten of unlisteners.splice(0)) void unlisten();
      for (const cancel of timers) cancel();
      timers.clear();
      due = [];
      for (const stream of [...inbound, ...outbound]) resetStream(stream);
    },
    hang() {
      if (state !== 'running') return;
      state = 'hung';
      for (const stream of [...inbound, ...outbound]) stream.pause();
    },
    resume() {
      if (state !== 'hung') return;
      state = 'running';
      // Only now: what runs meanwhile may set timers of its own.
      const waited = due;
      due = [];
      for (const run of waited) run();
      for (const stream of outbound) stream.resume();
      if (!isDeaf) for (const stream of inbound) stream.resume();
    },
    sleep(ms) {
      process.hang();
      outer.after(ms, () => process.resume());
    },
    blackHole() {
      isDeaf = true;
      for (const stream of inbound) stream.pause();
    },
    healBlackHole() {
      isDeaf = false;
      if (state === 'running') for (const stream of inbound) stream.resume();
    },
  };
  return process;
}
