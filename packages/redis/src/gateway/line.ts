import type { Pending } from './pending.ts';
import { sizeOf } from './pending.ts';

/** First in, first out; and what was taken out too early goes back to the front. */
export interface Line {
  readonly size: number;
  readonly head: Pending | undefined;
  readonly last: Pending | undefined;
  /** Counted when they came: what still arrives of a large command is not in it. */
  readonly bytes: number;
  push(pending: Pending): void;
  shift(): void;
  putInFront(pending: readonly Pending[]): void;
  /** The same place in line, something else in it. */
  replace(pending: Pending, by: Pending): void;
  /** Takes everything out. */
  drain(): readonly Pending[];
}

export function createLine(): Line {
  let items: Pending[] = [];
  let first = 0;
  const line = {
    get size() {
      return items.length - first;
    },
    bytes: 0,
    get head() {
      return items[first];
    },
    get last() {
      return items.length > first ? items[items.length - 1] : undefined;
    },
    push(pending: Pending) {
      items.push(pending);
      line.bytes += sizeOf(pending);
    },
    shift() {
      const gone = items[first];
      if (gone === undefined) return;
      first += 1;
      line.bytes -= sizeOf(gone);
      if (first === items.length) {
        items = [];
        first = 0;
        line.bytes = 0;
      } else if (first > 32 && first * 2 > items.length) {
        // Moving the rest costs its length, so do it only when half of the list is gone.
        items = items.slice(first);
        first = 0;
      }
    },
    putInFront(pending: readonly Pending[]) {
      items = [...pending, ...items.slice(first)];
      first = 0;
      for (const each of pending) line.bytes += sizeOf(each);
    },
    replace(pending: Pending, by: Pending) {
      const at = items.indexOf(pending, first);
      if (at === -1) return;
      items[at] = by;
      line.bytes += sizeOf(by) - sizeOf(pending);
    },
    drain() {
      const all = items.slice(first);
      items = [];
      first = 0;
      line.bytes = 0;
      return all;
    },
  };
  return line;
}
