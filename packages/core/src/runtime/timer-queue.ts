import type { Ms } from '../model/index.ts';

interface Entry {
  readonly at: Ms;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** Timers of virtual time: a binary heap by due time, first come first served among equals. */
export interface TimerQueue {
  add(at: Ms, callback: () => void): () => void;
  /** Takes the next callback that is due at or before `until`. */
  takeDue(until: Ms): { readonly at: Ms; readonly callback: () => void } | undefined;
  readonly size: number;
}

export function createTimerQueue(): TimerQueue {
  const heap: Entry[] = [];
  let order = 0;
  let live = 0;

  const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function up(entry: Entry): void {
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let childAt = at * 2 + 1;
      let child = heap[childAt];
      const right = heap[childAt + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        childAt += 1;
      }
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return first;
  }

  return {
    add(at, callback) {
      const entry: Entry = { at, order: (order += 1), callback, isCancelled: false };
      up(entry);
      live += 1;
      return () => {
        if (entry.isCancelled) return;
        entry.isCancelled = true;
        live -= 1;
      };
    },
    takeDue(until) {
      for (let next = heap[0]; next !== undefined && next.at <= until; next = heap[0]) {
        pop();
        if (next.isCancelled) continue;
        next.isCancelled = true;
        live -= 1;
        return next;
      }
      return undefined;
    },
    get size() {
      return live;
    },
  };
}
