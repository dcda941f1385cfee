/** A channel as queues see it. */
export interface Owner {
  /** Deliveries to its consumers that are not settled: what a global prefetch counts. */
  inFlight: number;
}

/** A consumer as its queue sees it. */
export interface QueueConsumer<D> {
  readonly tag: string;
  readonly owner: Owner;
  /** Name of the node that its connection is on. */
  readonly node: string;
  readonly noAck: boolean;
  readonly isExclusive: boolean;
  readonly priority: number;
  /** Deliveries that are not settled. */
  inFlight: number;
  /** Its node is given up by the cluster: it gets nothing. */
  isSuspended: boolean;
  /** Its prefetch allows one more. */
  hasRoom(): boolean;
  deliver(delivery: D): void;
  /** The queue is gone, or cannot be reached any more. */
  cancelled(): void;
}

/** Who consumes from a queue, and whose turn it is. */
export interface Consumers<D> {
  readonly count: number;
  readonly all: readonly QueueConsumer<D>[];
  add(consumer: QueueConsumer<D>): void;
  remove(consumer: QueueConsumer<D>): boolean;
  /** Who gets the next message. */
  next(): QueueConsumer<D> | undefined;
}

export function createConsumers<D>(isSingleActive: boolean): Consumers<D> {
  // In the order of registration, and in the order of turns.
  let registered: readonly QueueConsumer<D>[] = [];
  let turns: QueueConsumer<D>[] = [];

  return {
    get count() {
      return registered.length;
    },
    get all() {
      return registered;
    },
    add(consumer) {
      registered = [...registered, consumer];
      turns.push(consumer);
    },
    remove(consumer) {
      const isKnown = registered.includes(consumer);
      registered = registered.filter((other) => other !== consumer);
      turns = turns.filter((other) => other !== consumer);
      return isKnown;
    },
    next() {
      if (isSingleActive) {
        const active = registered.find(({ isSuspended }) => !isSuspended);
        return active?.hasRoom() === true ? active : undefined;
      }
      let chosen: QueueConsumer<D> | undefined;
      for (const consumer of turns) {
        if (consumer.isSuspended || !consumer.hasRoom()) continue;
        if (chosen === undefined || consumer.priority > chosen.priority) chosen = consumer;
      }
      if (chosen !== undefined && turns.length > 1) {
        turns.splice(turns.indexOf(chosen), 1);
        turns.push(chosen);
      }
      return chosen;
    },
  };
}
