import { RespProtocolError } from './protocol-error.ts';

/** Bytes that arrived and were not yet read. Appending costs what arrives, however small the pieces are. */
export interface ByteQueue {
  readonly length: number;
  append(chunk: Uint8Array): void;
  /** The first byte, without taking it. */
  peek(): number | undefined;
  /** The next line without its CRLF, or `undefined` until it is whole. */
  takeLine(maxBytes: number, problem: string, encoding?: 'utf8' | 'latin1'): string | undefined;
  /** A copy of the next bytes, or `undefined` until there are as many. */
  take(count: number): Buffer | undefined;
  skip(count: number): void;
}

export function createByteQueue(): ByteQueue {
  let bytes = Buffer.alloc(0);
  let start = 0;
  let end = 0;
  // Where the search for a line break goes on, so that a line in many pieces is searched once.
  let searched = 0;

  return {
    get length() {
      return end - start;
    },
    append(chunk) {
      if (end + chunk.byteLength > bytes.length) {
        const kept = end - start;
        const needed = kept + chunk.byteLength;
        const target = needed > bytes.length / 2 ? Buffer.allocUnsafe(Math.max(256, needed * 2)) : bytes;
        bytes.copy(target, 0, start, end);
        bytes = target;
        searched = Math.max(0, searched - start);
        start = 0;
        end = kept;
      }
      bytes.set(chunk, end);
      end += chunk.byteLength;
    },
    peek: () => (start < end ? bytes[start] : undefined),
    takeLine(maxBytes, problem, encoding = 'utf8') {
      const at = bytes.indexOf(10, Math.max(start, searched));
      const lineEnd = at === -1 || at >= end ? -1 : at;
      if ((lineEnd === -1 ? end : lineEnd) - start > maxBytes) throw new RespProtocolError(problem);
      if (lineEnd === -1) {
        searched = end;
        return undefined;
      }
      const withoutCr = lineEnd > start && bytes[lineEnd - 1] === 13 ? lineEnd - 1 : lineEnd;
      const line = bytes.toString(encoding, start, withoutCr);
      start = lineEnd + 1;
      return line;
    },
    take(count) {
      if (end - start < count) return undefined;
      const copy = Buffer.from(bytes.subarray(start, start + count));
      start += count;
      return copy;
    },
    skip(count) {
      start += count;
    },
  };
}
