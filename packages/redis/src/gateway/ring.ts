/** Commands of one client, one after the other in `bytes`, sent and not yet all answered. */
export interface Run<Owner, Item> {
  owner: Owner | undefined;
  /** What the client asked, where more than the bytes matters for its reply. */
  item: Item | undefined;
  bytes: Uint8Array;
  from: number;
  to: number;
  count: number;
  answered: number;
  sentAt: number;
  /** False if none of it was handed to the socket when the connection was lost. */
  isWritten: boolean;
}

/** What is in flight on one connection, oldest first. Slots are used again, so that a run allocates nothing. */
export interface Ring<Owner, Item> {
  readonly size: number;
  readonly head: Run<Owner, Item> | undefined;
  push(
    owner: Owner,
    item: Item | undefined,
    bytes: Uint8Array,
    from: number,
    to: number,
    count: number,
    sentAt: number,
  ): void;
  shift(): void;
  /** Copies of what is in flight for one of them. */
  of(owner: Owner): readonly Run<Owner, Item>[];
  /** Copies of all that is in flight; the ring is empty afterwards. */
  drain(): readonly Run<Owner, Item>[];
}

const nothing = Buffer.alloc(0);

export function createRing<Owner, Item>(): Ring<Owner, Item> {
  const vacant = (): Run<Owner, Item> => ({
    owner: undefined,
    item: undefined,
    bytes: nothing,
    from: 0,
    to: 0,
    count: 0,
    answered: 0,
    sentAt: 0,
    isWritten: true,
  });
  let slots = Array.from({ length: 16 }, vacant);
  let first = 0;

  const ring = {
    size: 0,
    head: undefined as Run<Owner, Item> | undefined,
    push(
      owner: Owner,
      item: Item | undefined,
      bytes: Uint8Array,
      from: number,
      to: number,
      count: number,
      sentAt: number,
    ) {
      if (ring.size === slots.length) {
        slots = [...slots.slice(first), ...slots.slice(0, first), ...Array.from(slots, vacant)];
        first = 0;
      }
      const run = slots[(first + ring.size) & (slots.length - 1)] as Run<Owner, Item>;
      run.owner = owner;
      run.item = item;
      run.bytes = bytes;
      run.from = from;
      run.to = to;
      run.count = count;
      run.answered = 0;
      run.sentAt = sentAt;
      if (ring.size === 0) ring.head = run;
      ring.size += 1;
    },
    shift() {
      const run = slots[first] as Run<Owner, Item>;
      // The slot outlives the run: let go of what it holds.
      run.owner = undefined;
      run.item = undefined;
      run.bytes = nothing;
      first = (first + 1) & (slots.length - 1);
      ring.size -= 1;
      ring.head = ring.size === 0 ? undefined : slots[first];
    },
    of(owner: Owner) {
      const runs: Run<Owner, Item>[] = [];
      for (let at = 0; at < ring.size; at += 1) {
        const run = slots[(first + at) & (slots.length - 1)] as Run<Owner, Item>;
        if (run.owner === owner) runs.push({ ...run });
      }
      return runs;
    },
    drain() {
      const runs: Run<Owner, Item>[] = [];
      while (ring.head !== undefined) {
        runs.push({ ...ring.head });
        ring.shift();
      }
      return runs;
    },
  };
  return ring;
}
