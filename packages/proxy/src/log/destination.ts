import { write, writeSync } from 'node:fs';

/** Where records go. It never blocks the process and never ends it, whatever its reader does. */
export interface Destination {
  write(record: string): void;
  /** Resolves when all is written, or cannot be. */
  flush(): Promise<void>;
  /** Writes what it can at once, before an exit that cannot wait. */
  flushNow(): void;
}

/** Length of what may wait for a slow reader; beyond it records are dropped and counted. */
const maxWaiting = 1024 * 1024;
/** ms until a full pipe is tried again. */
const retryMs = 50;

/**
 * Writes to a file descriptor. `process.stdout` would block on a pipe that nobody reads, and a broken pipe must
 * stop the log and not the clients.
 */
export function createDestination(fileDescriptor: number): Destination {
  let records: string[] = [];
  let waiting = 0;
  let current: Buffer = Buffer.alloc(0);
  let dropped = 0;
  let isWriting = false;
  let isBroken = false;
  const flushed: (() => void)[] = [];

  function takeAll(): Buffer {
    const text = records.join('');
    records = [];
    waiting = 0;
    return Buffer.from(text);
  }

  function pump(): void {
    if (isWriting) return;
    if (current.length === 0) current = takeAll();
    if (isBroken || current.length === 0) {
      for (const done of flushed.splice(0)) done();
      return;
    }
    isWriting = true;
    write(fileDescriptor, current, 0, current.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(goOn, retryMs);
        return;
      }
      if (error === null) current = current.subarray(written);
      else isBroken = true;
      goOn();
    });
  }

  function goOn(): void {
    isWriting = false;
    pump();
  }

  return {
    write(record) {
      if (isBroken) return;
      if (current.length + waiting + record.length > maxWaiting) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        records.push(`{"level":"warn","dropped":${dropped},"msg":"log records were dropped"}\n`);
        dropped = 0;
      }
      records.push(record);
      waiting += record.length;
      pump();
    },
    flush: () =>
      new Promise((resolve) => {
        flushed.push(resolve);
        pump();
      }),
    flushNow() {
      if (isBroken) return;
      // What is being written already is on its way.
      const rest = isWriting ? takeAll() : Buffer.concat([current, takeAll()]);
      try {
        if (rest.length > 0) writeSync(fileDescriptor, rest);
      } catch {
        isBroken = true;
      }
    },
  };
}
