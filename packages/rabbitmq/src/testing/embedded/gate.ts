/** What waits until it can be answered. */
export interface Gate {
  /** Its owner has something here that waits: what it asks next comes after that. */
  holds(owner: object): boolean;
  /** Returns how to take it back. */
  add(owner: object, mayGo: () => boolean, action: () => void): () => void;
  /** Does what may go: the order of each owner is kept. */
  open(): void;
  /** Its owner is gone, and what it asked for with it. */
  forget(owner: object): void;
}

interface Waiting {
  readonly owner: object;
  mayGo(): boolean;
  action(): void;
}

export function createGate(): Gate {
  const byOwner = new Map<object, number>();
  const waiting = new Set<Waiting>();

  function remove(entry: Waiting): void {
    if (!waiting.delete(entry)) return;
    const left = (byOwner.get(entry.owner) ?? 0) - 1;
    if (left > 0) byOwner.set(entry.owner, left);
    else byOwner.delete(entry.owner);
  }

  return {
    holds: (owner) => byOwner.has(owner),
    add(owner, mayGo, action) {
      const entry = { owner, mayGo, action };
      waiting.add(entry);
      byOwner.set(owner, (byOwner.get(owner) ?? 0) + 1);
      return () => remove(entry);
    },
    open() {
      const stuck = new Set<object>();
      for (const entry of waiting) {
        if (stuck.has(entry.owner)) continue;
        if (entry.mayGo()) {
          remove(entry);
          entry.action();
        } else stuck.add(entry.owner);
      }
    },
    forget(owner) {
      if (byOwner.has(owner)) for (const entry of waiting) if (entry.owner === owner) remove(entry);
    },
  };
}
