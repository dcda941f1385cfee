import { write, writeSync } from 'node:fs';

/** Where records go. It never blocks the process and never ends it, whatever its reader does. */
export interface Destination {
  write(record: string): void;
  /** Resolves when all is written, or cannot be. */
  flush(): Promise<void>;
  /** Writes what it can at once, before an exit that cannot wait. */
  flushNow(): void;
}

/** Bytes that may wait for a slow reader; beyond it records are dropped and counted. */
const maxWaitingBytes = 1024 * 1024;
/** ms until a full pipe is tried again. */
const retryMs = 50;

/**
 * Writes to a file descriptor. `process.stdout` would block on a pipe that nobody reads, and a broken pipe must
 * stop the log and not the clients.
 */
export function createDestination(fileDescriptor: number): Destination {
  let waiting: Buffer = Buffer.alloc(0);
  let dropped = 0;
  let isWriting = false;
  let isBroken = false;
  const flushed: (() => void)[] = [];

  function settle(): void {
    for (const done of flushed.splice(0)) done();
  }

  function pump(): void {
    if (isWriting) return;
    if (isBroken || waiting.length === 0) {
      settle();
      return;
    }
    isWriting = true;
    write(fileDescriptor, waiting, 0, waiting.length, null, (error, written) => {
      isWriting = false;
      if (error === null) waiting = waiting.subarray(written);
      else if (error.code === 'EAGAIN') {
        setTimeout(pump, retryMs);
        return;
      } else isBroken = true;
      pump();
    });
  }

  return {
    write(record) {
      if (isBroken) return;
      if (waiting.length + record.length > maxWaitingBytes) {
        dropped += 1;
        return;
      }
      const lost =
        dropped === 0 ? '' : `{"level":"warn","dropped":${dropped},"msg":"log records were dropped"}\n`;
      dropped = 0;
      waiting = Buffer.concat([waiting, Buffer.from(lost + record)]);
      pump();
    },
    flush: () =>
      new Promise((resolve) => {
        flushed.push(resolve);
        pump();
      }),
    flushNow() {
      // What is being written already is on its way.
      if (isBroken || isWriting || waiting.length === 0) return;
      try {
        writeSync(fileDescriptor, waiting);
      } catch {
        isBroken = true;
      }
    },
  };
}
