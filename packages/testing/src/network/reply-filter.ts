/**
 * Finds the end of the frame that begins at `from`: the offset just behind it, or -1 while it is not
 * whole. Throws at bytes that are no frame. An adapter hands in its own protocol's.
 */
export type FrameScan = (bytes: Uint8Array, from: number) => number;

/** Which reply to swallow, counted over all connections. */
export interface LostReply {
  /** Whole replies that still pass before it; below 0 it has happened. */
  remaining: number;
}

export interface Filtered {
  readonly bytes: Buffer;
  /** The reply behind `bytes` was swallowed: nothing more may pass. */
  readonly isLost: boolean;
}

export interface ReplyFilter {
  /** What may go on of these bytes. With no bytes at all: what no longer needs to be held back. */
  pass(chunk: Buffer): Filtered;
}

/** Bytes of one reply that may wait for its end; a longer one cannot be followed. */
const frameBytes = 64 * 1024 * 1024;
const nothing = Buffer.alloc(0);

/** Follows the frames of one connection, so that a fault injected in mid-stream still counts whole ones. */
export function createReplyFilter(scan: FrameScan, lostReply: () => LostReply | undefined): ReplyFilter {
  /** The frame that is not whole yet. */
  let partial: Buffer = nothing;
  let passedOfPartial = 0;
  /** What was asked for when the partial frame began: a fault counts only frames that begin after it. */
  let askedAtStart: LostReply | undefined;

  return {
    pass(chunk) {
      const bytes = partial.length === 0 ? chunk : Buffer.concat([partial, chunk]);
      const passedBefore = passedOfPartial;
      let start = 0;
      let asked = partial.length === 0 ? lostReply() : askedAtStart;
      while (start < bytes.length) {
        const end = scan(bytes, start);
        if (end === -1) break;
        if (asked !== undefined && asked === lostReply()) {
          asked.remaining -= 1;
          if (asked.remaining === -1) return { bytes: bytes.subarray(passedBefore, start), isLost: true };
        }
        start = end;
        asked = lostReply();
      }
      if (bytes.length - start > frameBytes) throw new Error(`a reply of more than ${frameBytes} bytes`);
      const mayBeLost = asked !== undefined && asked === lostReply() && asked.remaining === 0;
      // A reply that is about to be lost must not have begun to arrive.
      const passTo = mayBeLost && (start > 0 || passedBefore === 0) ? start : bytes.length;
      partial = bytes.subarray(start);
      passedOfPartial = Math.max(0, passTo - start);
      askedAtStart = asked;
      return { bytes: bytes.subarray(passedBefore, passTo), isLost: false };
    },
  };
}
