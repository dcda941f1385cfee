/** bytes, 64 KiB: more without an end is no line, and waiting for it would only fill memory. */
export const lineLimitBytes = 64 * 1024;

export interface Scan {
  readonly lines: readonly string[];
  /** The line that is still arriving. */
  readonly rest: Buffer;
}

/**
 * Cuts what arrived into whole lines, without reading them.
 * @throws RangeError if a line is longer than the limit.
 * @example scan(Buffer.alloc(0), Buffer.from('A\nB')) // { lines: ['A'], rest: 'B' }
 */
export function scan(rest: Buffer, chunk: Buffer): Scan {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  const lines: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    check(end - start);
    lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  check(bytes.length - start);
  return { lines, rest: bytes.subarray(start) };
}

function check(bytes: number): void {
  if (bytes > lineLimitBytes) throw new RangeError(`a line of more than ${lineLimitBytes} bytes`);
}
