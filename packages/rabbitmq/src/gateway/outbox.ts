/** Gathers frames for one socket and writes them together. Neighbours in a buffer leave as one piece, uncopied. */
export interface Outbox {
  readonly isEmpty: boolean;
  /** The bytes must not change any more. */
  append(bytes: Buffer, from: number, to: number): void;
  flush(write: (bytes: Buffer) => void): void;
}

/** Joining pieces up to this size costs less than one more entry in a vectored write. */
const maxJoinedBytes = 2048;

export function createOutbox(): Outbox {
  let parts: Buffer[] = [];
  let small = 0;
  let run: Buffer | undefined;
  let runFrom = 0;
  let runTo = 0;

  function seal(): void {
    if (run === undefined) return;
    const part = runFrom === 0 && runTo === run.length ? run : run.subarray(runFrom, runTo);
    if (part.length <= maxJoinedBytes) small += 1;
    parts.push(part);
    run = undefined;
  }

  return {
    get isEmpty() {
      return run === undefined && parts.length === 0;
    },
    append(bytes, from, to) {
      if (bytes === run && from === runTo) {
        runTo = to;
        return;
      }
      seal();
      run = bytes;
      runFrom = from;
      runTo = to;
    },
    flush(write) {
      seal();
      if (parts.length === 0) return;
      const due = parts;
      const isMostlySmall = small > 1 && small * 2 >= due.length;
      parts = [];
      small = 0;
      const [first] = due;
      if (due.length === 1 && first !== undefined) write(first);
      else if (isMostlySmall) write(Buffer.concat(due));
      else for (const part of due) write(part);
    },
  };
}
