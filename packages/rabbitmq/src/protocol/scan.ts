import { FrameError, frameEnd, frameEndAt, frameHeaderBytes, frameType } from './frame.ts';

/**
 * Called for each whole frame: it is `bytes[from, to)`. The bytes are the callee's to keep and to change in place.
 * Return false to stop: the rest of the chunk is dropped.
 */
export type OnFrame = (bytes: Buffer, from: number, to: number) => boolean;

export interface FrameScanner {
  /** @throws FrameError at the first byte that cannot belong to a frame within the limit. */
  feed(chunk: Buffer, onFrame: OnFrame): void;
  /** Bytes of a frame that is not whole yet. */
  readonly pendingBytes: number;
  /** The largest whole frame that is taken, in bytes: what was negotiated. */
  setFrameMax(bytes: number): void;
}

/** Finds the bounds of frames, decodes nothing and copies only frames that come in several chunks. */
export function createFrameScanner(frameMax: number): FrameScanner {
  let limit = frameMax;
  let pending = Buffer.alloc(0);
  let pendingBytes = 0;

  function sizeOf(bytes: Buffer, at: number): number {
    const type = bytes[at] as number;
    if (type !== frameType.method && type !== frameType.header && type !== frameType.body) {
      if (type !== frameType.heartbeat) throw new FrameError(`a frame cannot be of type ${type}`);
    }
    const size = frameEndAt(bytes, at) - at;
    if (size > limit) throw new FrameError(`a frame of ${size} bytes is above the limit of ${limit}`);
    return size;
  }

  function checkEnd(bytes: Buffer, to: number): void {
    if (bytes[to - 1] !== frameEnd) {
      throw new FrameError(`a frame ends with octet ${bytes[to - 1] ?? 'none'} instead of ${frameEnd}`);
    }
  }

  /** Completes the frame that the last chunk began; returns how much of the chunk it took. */
  function complete(chunk: Buffer, onFrame: OnFrame): { readonly taken: number; readonly goesOn: boolean } {
    let taken = 0;
    const take = (upTo: number): boolean => {
      const count = Math.min(upTo - pendingBytes, chunk.length - taken);
      if (pending.length < upTo) pending = Buffer.concat([pending.subarray(0, pendingBytes)], upTo);
      chunk.copy(pending, pendingBytes, taken, taken + count);
      pendingBytes += count;
      taken += count;
      return pendingBytes >= upTo;
    };
    if (pendingBytes < frameHeaderBytes && !take(frameHeaderBytes)) return { taken, goesOn: true };
    const size = sizeOf(pending, 0);
    if (!take(size)) return { taken, goesOn: true };
    const whole = pending;
    pending = Buffer.alloc(0);
    pendingBytes = 0;
    checkEnd(whole, size);
    return { taken, goesOn: onFrame(whole, 0, size) };
  }

  return {
    get pendingBytes() {
      return pendingBytes;
    },
    setFrameMax(bytes) {
      limit = bytes;
    },
    feed(chunk, onFrame) {
      let at = 0;
      if (pendingBytes > 0) {
        const { taken, goesOn } = complete(chunk, onFrame);
        if (!goesOn || pendingBytes > 0) return;
        at = taken;
      }
      while (chunk.length - at >= frameHeaderBytes) {
        const size = sizeOf(chunk, at);
        if (chunk.length - at < size) break;
        checkEnd(chunk, at + size);
        if (!onFrame(chunk, at, at + size)) return;
        at += size;
      }
      if (at === chunk.length) return;
      pendingBytes = chunk.length - at;
      pending = Buffer.from(chunk.subarray(at));
      if (pendingBytes >= frameHeaderBytes) sizeOf(pending, 0);
    },
  };
}
