/** Gathers the slices of many clients and writes them to one connection together. */
export interface Outbox {
  readonly isEmpty: boolean;
  /** One write is enough for what is in it. */
  readonly isOnePiece: boolean;
  append(bytes: Uint8Array, from: number, to: number): void;
  flush(write: (bytes: Uint8Array) => void): void;
}

const slabBytes = 64 * 1024;
/** Copying this much costs less than one more entry in a vectored write. */
const maxCopiedBytes = 8 * 1024;

export function createOutbox(): Outbox {
  // Never written to again before it is used up: a write that the socket has not finished still needs its bytes.
  let slab = Buffer.allocUnsafeSlow(0);
  let slabFrom = 0;
  let slabTo = 0;
  let parts: Uint8Array[] = [];

  function sealSlab(): void {
    if (slabTo > slabFrom) parts.push(slab.subarray(slabFrom, slabTo));
    slabFrom = slabTo;
  }

  return {
    get isEmpty() {
      return parts.length === 0 && slabTo === slabFrom;
    },
    get isOnePiece() {
      return parts.length === 0;
    },
    append(bytes, from, to) {
      const length = to - from;
      if (length > maxCopiedBytes) {
        sealSlab();
        parts.push(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
        return;
      }
      if (slabTo + length > slab.length) {
        sealSlab();
        slab = Buffer.allocUnsafeSlow(slabBytes);
        slabFrom = 0;
        slabTo = 0;
      }
      if (length < 48) {
        for (let at = from; at < to; at += 1) slab[slabTo++] = bytes[at] as number;
      } else {
        slab.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), slabTo);
        slabTo += length;
      }
    },
    flush(write) {
      if (parts.length === 0) {
        if (slabTo === slabFrom) return;
        const all = slab.subarray(slabFrom, slabTo);
        slabFrom = slabTo;
        write(all);
        return;
      }
      sealSlab();
      const sealed = parts;
      parts = [];
      for (const part of sealed) write(part);
    },
  };
}
