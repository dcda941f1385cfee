import type { Ms } from '@failover/core';

/** What waits in line for one client, in the order of its commands. */
export type Pending = PendingRun | PendingReply;

export interface PendingRun {
  readonly type: 'run';
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly bits: number;
  /** When its oldest command must be answered, one way or the other. */
  readonly deadline: Ms;
  gate: Gate;
}

/** An answer of our own, whose turn comes when all before it were answered. */
export interface PendingReply {
  readonly type: 'reply';
  readonly bytes: Uint8Array;
  /** With this the client learns that something is unknown. */
  readonly tellsUnknown: boolean;
}

/** - `open`: may go when it is its turn. - `waiting`: for a lease or a pause. - `passed`: was let through by a hold. */
export type Gate =
  | { readonly type: 'open' }
  | { readonly type: 'waiting'; readonly cancel: () => void }
  | { readonly type: 'passed' };

export const openGate: Gate = { type: 'open' };
export const passedGate: Gate = { type: 'passed' };

/** A queue that may also be refilled at its front. */
export interface Line {
  readonly size: number;
  readonly head: Pending | undefined;
  readonly bytes: number;
  push(pending: Pending): void;
  shift(): void;
  putInFront(pending: readonly Pending[]): void;
  replaceHead(pending: readonly Pending[]): void;
  /** Takes everything out. */
  drain(): readonly Pending[];
}

export const sizeOf = (pending: Pending): number =>
  pending.type === 'reply' ? pending.bytes.length : pending.to - pending.from;

export function createLine(): Line {
  let items: Pending[] = [];
  let first = 0;
  const line = {
    size: 0,
    bytes: 0,
    get head() {
      return items[first];
    },
    push(pending: Pending) {
      items.push(pending);
      line.size += 1;
      line.bytes += sizeOf(pending);
    },
    shift() {
      const gone = items[first];
      if (gone === undefined) return;
      first += 1;
      line.size -= 1;
      line.bytes -= sizeOf(gone);
      // Moving the rest costs its length, so do it only when half of the list is gone.
      if (first > 32 && first * 2 > items.length) {
        items = items.slice(first);
        first = 0;
      }
    },
    putInFront(pending: readonly Pending[]) {
      items = [...pending, ...items.slice(first)];
      first = 0;
      line.size += pending.length;
      for (const each of pending) line.bytes += sizeOf(each);
    },
    replaceHead(pending: readonly Pending[]) {
      line.shift();
      line.putInFront(pending);
    },
    drain() {
      const all = items.slice(first);
      items = [];
      first = 0;
      line.size = 0;
      line.bytes = 0;
      return all;
    },
  };
  return line;
}
