import type { SupervisedProcess } from './start-process.ts';

/** A process that a test ends, stops, lets go on, and starts again. */
export interface Restartable {
  /** Started, and neither killed nor hung. */
  readonly isRunning: boolean;
  kill(): void;
  hang(): void;
  resume(): void;
  /** Ends the one before, if there is one; resolves when the new one is ready. */
  restart(): Promise<void>;
  /** The last lines of all that ran. */
  log(): readonly string[];
  close(): Promise<void>;
}

/** Lines that are kept of the processes before. */
const keptLines = 500;

/** @param ready resolves when it answers, rejects if it does not in time */
export function restartable(
  start: () => Promise<SupervisedProcess>,
  ready: (child: SupervisedProcess) => Promise<void>,
): Restartable {
  let child: SupervisedProcess | undefined;
  // By our own hand: its end is noticed a moment later, and whoever asks until then is told the truth.
  let isUp = false;
  let earlier: readonly string[] = [];
  const isAlive = (): boolean => child !== undefined && child.exit === undefined;

  return {
    get isRunning() {
      return isUp && isAlive();
    },
    kill() {
      child?.kill();
      isUp = false;
    },
    hang() {
      child?.stop();
      isUp = false;
    },
    resume() {
      child?.continue();
      isUp = isAlive();
    },
    async restart() {
      if (child !== undefined) {
        child.kill();
        await child.exited;
        earlier = [...earlier, ...child.log.lines()].slice(-keptLines);
      }
      child = await start();
      isUp = true;
      await ready(child);
    },
    log: () => [...earlier, ...(child?.log.lines() ?? [])],
    async close() {
      await child?.[Symbol.asyncDispose]();
    },
  };
}
