/** The last lines that a process wrote. */
export interface LogRing {
  /** Oldest first. */
  lines(): readonly string[];
  /** Lines that no longer fit. */
  readonly droppedLines: number;
  readonly heldBytes: number;
  /** Bytes as they come: lines may be split anywhere. */
  write(chunk: Buffer): void;
  /** Ends the last line, if the process died in the middle of it. */
  end(): void;
  /** Calls back for each whole line from now on; returns how to stop that. */
  onLine(listener: (line: string) => void): () => void;
}

/** Bytes: a line longer than this is cut, or one line without an end could fill the ring. */
const lineBytes = 8 * 1024;
const newline = 10;

/** Keeps at most `capacityBytes` of whole lines and drops the oldest first. */
export function createLogRing(capacityBytes: number): LogRing {
  const held: string[] = [];
  const listeners = new Set<(line: string) => void>();
  let heldBytes = 0;
  let droppedLines = 0;
  let partial: Buffer[] = [];
  let partialBytes = 0;

  function keep(bytes: Buffer): void {
    const room = lineBytes - partialBytes;
    if (room <= 0 || bytes.length === 0) return;
    // Copied: the chunk is a slice of a pooled buffer that it would keep alive.
    const part = Buffer.from(bytes.subarray(0, room));
    partial.push(part);
    partialBytes += part.length;
  }

  function finishLine(): void {
    const line = Buffer.concat(partial, partialBytes).toString('utf8').replace(/\r$/, '');
    partial = [];
    partialBytes = 0;
    held.push(line);
    heldBytes += Buffer.byteLength(line);
    while (heldBytes > capacityBytes && held.length > 0) {
      heldBytes -= Buffer.byteLength(held.shift() ?? '');
      droppedLines += 1;
    }
    for (const listener of [...listeners]) listener(line);
  }

  return {
    lines: () => [...held],
    get droppedLines() {
      return droppedLines;
    },
    get heldBytes() {
      return heldBytes;
    },
    write(chunk) {
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        keep(chunk.subarray(from, end));
        finishLine();
        from = end + 1;
      }
      keep(chunk.subarray(from));
    },
    end() {
      if (partialBytes > 0) finishLine();
    },
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What an error shows of it. */
export function lastLines(log: Pick<LogRing, 'lines'>): string {
  return log.lines().slice(-20).join('\n');
}
