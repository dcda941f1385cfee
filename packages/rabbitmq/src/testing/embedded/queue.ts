import type { Table } from '../../protocol/table.ts';
import { availabilityOf, type Availability, type HealthOf, type Placement } from './availability.ts';
import { createConsumers, type Consumers, type Owner, type QueueConsumer } from './consumers.ts';
import { createGate } from './gate.ts';
import { isPersistent, type Message } from './message.ts';
import { createReadyMessages, type Ready } from './ready-messages.ts';

export interface Entry extends Ready {
  readonly message: Message;
  /** How often it came back. */
  returns: number;
}

/** An entry that a channel has in hand. */
export interface Delivery {
  readonly queue: Queue;
  readonly entry: Entry;
  /** How often it had come back when it was handed out: above 0 is redelivered. */
  readonly returns: number;
  readonly owner: Owner;
  /** None if it was got. */
  readonly consumer: QueueConsumer<Delivery> | undefined;
}

export interface QueueDefinition extends Placement {
  readonly name: string;
  readonly isDurable: boolean;
  readonly isAutoDelete: boolean;
  /** The connection that it is exclusive to. */
  readonly exclusiveTo: object | undefined;
  readonly arguments: Table;
}

export interface Queue extends QueueDefinition {
  readonly consumers: Consumers<Delivery>;
  readonly messageCount: number;
  /** How often its leader changed. */
  readonly term: number;
  readonly availability: Availability;
  /** It was deleted. */
  readonly isClosed: boolean;
  /**
   * Does what needs no answer at once, or after the election. A channel that the queue never heard of speaks to the
   * leader of before, and while that hangs it is not heard.
   */
  tell(owner: object, action: () => void): void;
  /** Does what needs an answer at once or later; one that was asked of a leader that hangs stays there. */
  ask(owner: object, action: () => void): void;
  /** Does it when its home is up, or when it was deleted; returns how to take it back. */
  awaitHome(owner: object, action: () => void): () => void;
  enqueue(message: Message): void;
  /** Takes the first message; it is unsettled unless `noAck`. */
  take(owner: Owner, noAck: boolean): Delivery | undefined;
  /** What is not in hand any more is left alone, as after its node was given up. */
  acknowledge(deliveries: readonly Delivery[]): void;
  giveBack(deliveries: readonly Delivery[]): void;
  /** Removes what is ready; returns how many there were. */
  purge(): number;
  /** Hands out what consumers have room for. */
  dispatch(): void;
  /** The leader, or nobody. */
  moveTo(home: string | undefined): void;
  /** The health of some node changed. */
  refresh(): void;
  /** Gets back what this channel has in hand, and forgets what it asked for. */
  leave(owner: Owner): void;
  /** Its node came back: what was not persistent is gone. */
  recover(): void;
  /** Whoever waits for it is told that it is gone, and so are its consumers. */
  close(): void;
}

export function createQueue(definition: QueueDefinition, healthOf: HealthOf): Queue {
  const ready = createReadyMessages<Entry>(definition.type === 'quorum');
  const inHand = new Set<Delivery>();
  const gate = createGate();
  const clients = new WeakSet<object>();
  const consumers = createConsumers<Delivery>(definition.arguments['x-single-active-consumer'] === true);
  let home = definition.home;
  let order = 0;
  let term = 0;
  let isDispatching = false;
  let isClosed = false;

  function wait(owner: object, followsElections: boolean, action: () => void): void {
    const stuckOn = !followsElections && home !== undefined && healthOf(home) === 'hung' ? home : undefined;
    const isStuck = (): boolean => stuckOn !== undefined && healthOf(stuckOn) === 'hung';
    gate.add(owner, () => queue.availability !== 'waiting' && !isStuck(), action);
  }

  function release(delivery: Delivery): boolean {
    if (!inHand.delete(delivery)) return false;
    if (delivery.consumer !== undefined) {
      delivery.consumer.inFlight -= 1;
      delivery.owner.inFlight -= 1;
    }
    return true;
  }

  function handOut(
    owner: Owner,
    consumer: QueueConsumer<Delivery> | undefined,
    noAck: boolean,
  ): Delivery | undefined {
    const entry = ready.shift();
    if (entry === undefined) return undefined;
    clients.add(owner);
    const delivery = { queue, entry, returns: entry.returns, owner, consumer };
    if (noAck) return delivery;
    inHand.add(delivery);
    if (consumer !== undefined) {
      consumer.inFlight += 1;
      owner.inFlight += 1;
    }
    return delivery;
  }

  const queue: Queue = {
    ...definition,
    consumers,
    get home() {
      return home;
    },
    get messageCount() {
      return ready.count;
    },
    get term() {
      return term;
    },
    get availability() {
      return isClosed ? 'down' : availabilityOf(queue, healthOf);
    },
    get isClosed() {
      return isClosed;
    },
    tell(owner, action) {
      if (queue.availability === 'waiting' || gate.holds(owner)) wait(owner, clients.has(owner), action);
      else {
        clients.add(owner);
        action();
      }
    },
    ask(owner, action) {
      if (queue.availability === 'waiting') wait(owner, false, action);
      else action();
    },
    awaitHome: (owner, action) => gate.add(owner, () => isClosed || queue.availability === 'up', action),
    enqueue(message) {
      ready.push({ order: (order += 1), message, returns: 0 });
      queue.dispatch();
    },
    take: (owner, noAck) => handOut(owner, undefined, noAck),
    acknowledge(deliveries) {
      for (const delivery of deliveries) release(delivery);
      queue.dispatch();
    },
    giveBack(deliveries) {
      const returned = deliveries.filter(release).map(({ entry }) => entry);
      for (const entry of returned) entry.returns += 1;
      ready.putBack(returned);
      queue.dispatch();
    },
    purge: () => ready.clear(),
    dispatch() {
      if (isDispatching || queue.availability !== 'up') return;
      isDispatching = true;
      while (ready.count > 0) {
        const consumer = consumers.next();
        if (consumer === undefined) break;
        const delivery = handOut(consumer.owner, consumer, consumer.noAck);
        if (delivery !== undefined) consumer.deliver(delivery);
      }
      isDispatching = false;
    },
    moveTo(next) {
      if (next !== undefined && next !== home) term += 1;
      home = next;
      queue.refresh();
    },
    refresh() {
      for (const consumer of consumers.all) {
        const wasSuspended = consumer.isSuspended;
        consumer.isSuspended = healthOf(consumer.node) === 'down';
        if (consumer.isSuspended && !wasSuspended) {
          queue.giveBack([...inHand].filter((delivery) => delivery.consumer === consumer));
        }
      }
      gate.open();
      queue.dispatch();
    },
    leave(owner) {
      gate.forget(owner);
      queue.giveBack([...inHand].filter((delivery) => delivery.owner === owner));
    },
    recover() {
      queue.giveBack([...inHand]);
      ready.keep(({ message }) => isPersistent(message));
    },
    close() {
      isClosed = true;
      gate.open();
      cancelConsumers(queue);
    },
  };
  return queue;
}

/** As when a queue is deleted, or when its home node goes: consumers elsewhere are told. */
export function cancelConsumers(queue: Queue): void {
  for (const consumer of queue.consumers.all) {
    queue.consumers.remove(consumer);
    consumer.cancelled();
  }
}
