/** A message in a queue. */
export interface Ready {
  /** Where it stands in the queue, for good. */
  readonly order: number;
}

/**
 * What waits in a queue, first come first served. What comes back goes to where it was, as in classic queues, or
 * goes out before all that never did, as in quorum queues.
 */
export interface ReadyMessages<E extends Ready> {
  readonly count: number;
  push(entry: E): void;
  shift(): E | undefined;
  putBack(entries: readonly E[]): void;
  /** Empties it; returns how many there were. */
  clear(): number;
  /** Keeps those for which it holds. */
  keep(holds: (entry: E) => boolean): void;
}

export function createReadyMessages<E extends Ready>(isReturnedFirst: boolean): ReadyMessages<E> {
  // Taken from the front by an index: shifting a long array costs too much.
  let entries: E[] = [];
  let first = 0;
  let returns: E[] = [];

  return {
    get count() {
      return returns.length + entries.length - first;
    },
    push(entry) {
      entries.push(entry);
    },
    shift() {
      const back = returns.shift();
      if (back !== undefined) return back;
      const entry = entries[first];
      if (entry === undefined) return undefined;
      first += 1;
      if (first > 1_024 && first * 2 > entries.length) {
        entries = entries.slice(first);
        first = 0;
      }
      return entry;
    },
    putBack(returned) {
      if (returned.length === 0) return;
      if (isReturnedFirst) {
        returns = [...returns, ...returned];
        return;
      }
      const sorted = [...returned].sort((one, other) => one.order - other.order);
      const last = sorted[sorted.length - 1]?.order ?? 0;
      let end = first;
      while (end < entries.length && (entries[end]?.order ?? Infinity) < last) end += 1;
      const merged = [...entries.slice(first, end), ...sorted].sort((one, other) => one.order - other.order);
      entries = merged.concat(entries.slice(end));
      first = 0;
    },
    clear() {
      const count = returns.length + entries.length - first;
      returns = [];
      entries = [];
      first = 0;
      return count;
    },
    keep(holds) {
      entries = entries.slice(first).filter(holds);
      first = 0;
    },
  };
}
