/** What waits for a queue that cannot be asked at the moment. */
export interface Gate {
  readonly isEmpty: boolean;
  add(owner: object, action: () => void): void;
  /** Runs all, in order. */
  open(): void;
  /** Its owner is gone, and what it asked for with it. */
  forget(owner: object): void;
}

export function createGate(): Gate {
  let waiting: { readonly owner: object; readonly action: () => void }[] = [];
  return {
    get isEmpty() {
      return waiting.length === 0;
    },
    add(owner, action) {
      waiting.push({ owner, action });
    },
    open() {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next.action();
    },
    forget(owner) {
      waiting = waiting.filter((other) => other.owner !== owner);
    },
  };
}
