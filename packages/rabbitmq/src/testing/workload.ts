import type { EndpointId, Runtime } from '@failover/core';
import type { FinalState, Operations, RejectedOutcome } from '@failover/testing';
import type { AmqpChannel } from './amqp-channel.ts';
import { connectAmqp, type AmqpClient } from './amqp-client.ts';
import { AmqpEndError } from './amqp-end.ts';
import { countedOnce } from './copies.ts';
import { drainQueue } from './drain-queue.ts';

/** It was not even tried: nothing was published. */
export class NotPublishedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NotPublishedError';
  }
}

export interface AmqpOperations extends Operations, Disposable {
  /** How often the connection ended and had to be opened again. */
  readonly reconnects: number;
}

/** A key is a queue: durable, and with a copy on each node. */
export const keyQueue = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;

/** ms: longer than any hold window, so that an operation ends by its own answer. */
const answerMs = 120_000;

/** A queue cannot be looked at without taking from it. */
export const cannotRead = (): Promise<never> =>
  Promise.reject(new NotPublishedError('a queue is only read by taking from it'));

/** No two are the same: an increment has no name of its own, and yet must be told from the next one. */
export function tokens(random: () => number): () => string {
  const first = Math.floor(random() * 2 ** 48).toString(36);
  let count = 0;
  return () => {
    count += 1;
    return `${first}-${count}`;
  };
}

/**
 * The workload's operations through one AMQP endpoint: a node, or the local process. A list is a queue of its values, a
 * counter one of tokens; each is published with a confirm. One connection, opened again when it ended; nothing is sent
 * twice, so whatever is doubled was doubled behind the endpoint.
 */
export function amqpOperations(runtime: Runtime, endpoint: EndpointId): AmqpOperations {
  const nextToken = tokens(() => runtime.random());
  let session: Promise<Session> | undefined;
  let opened = 0;

  function open(): Promise<Session> {
    opened += 1;
    const opening = openSession(runtime, endpoint);
    session = opening;
    const forget = (): void => {
      if (session === opening) session = undefined;
    };
    opening.then(({ channel }) => channel.closed).then(forget, forget);
    return opening;
  }

  async function publish(queue: string, value: string, signal: AbortSignal): Promise<undefined> {
    let channel: AmqpChannel;
    try {
      const { declared, ...current } = await (session ?? open());
      ({ channel } = current);
      await (declared.get(queue) ?? declare(channel, declared, queue));
    } catch (cause) {
      throw new NotPublishedError(`${queue} cannot be published to`, { cause });
    }
    signal.throwIfAborted();
    const message = { routingKey: queue, body: value, properties: { deliveryMode: 2 } };
    if ((await channel.publish(message, answerMs)) === 'nack')
      throw new Error(`${queue} did not take ${value}`);
    return undefined;
  }

  return {
    append: (list, value, signal) => heeding(publish(list, value, signal), signal),
    increment: (counter, signal) => heeding(publish(counter, nextToken(), signal), signal),
    read: cannotRead,
    readCounter: cannotRead,
    outcomeOf,
    get reconnects() {
      return Math.max(0, opened - 1);
    },
    [Symbol.dispose]: () =>
      void session?.then(
        ({ client }) => client.destroy(),
        () => undefined,
      ),
  };
}

interface Session {
  readonly client: AmqpClient;
  /** With confirms. */
  readonly channel: AmqpChannel;
  readonly declared: Map<string, Promise<unknown>>;
}

async function openSession(runtime: Runtime, endpoint: EndpointId): Promise<Session> {
  const client = await connectAmqp(runtime, endpoint, { timeoutMs: answerMs });
  const channel = await client.openChannel();
  await channel.rpc('confirm.select');
  // A channel that was closed for a reason is replaced with all that was set up on it.
  void channel.closed.then(() => client.destroy());
  return { client, channel, declared: new Map() };
}

function declare(
  channel: AmqpChannel,
  declared: Map<string, Promise<unknown>>,
  queue: string,
): Promise<unknown> {
  const declaring = channel.rpc('queue.declare', { queue, ...keyQueue });
  declared.set(queue, declaring);
  return declaring;
}

export function outcomeOf(error: unknown): RejectedOutcome {
  if (error instanceof NotPublishedError) return { outcome: 'refused' };
  if (!(error instanceof AmqpEndError)) return { outcome: 'unknown' };
  return { outcome: 'unknown', error: error.end.type };
}

/** What is in the queues, asked of one node. It takes it: nothing is left there. */
export async function readBack(
  runtime: Runtime,
  node: EndpointId,
  keys: { readonly lists: readonly string[]; readonly counters: readonly string[] },
): Promise<FinalState> {
  const client = await connectAmqp(runtime, node);
  try {
    const lists: [string, readonly string[]][] = [];
    for (const key of keys.lists) lists.push([key, countedOnce(await drainQueue(client, key))]);
    const counters: [string, number][] = [];
    for (const key of keys.counters) counters.push([key, countedOnce(await drainQueue(client, key)).length]);
    return { lists: Object.fromEntries(lists), counters: Object.fromEntries(counters) };
  } finally {
    client.destroy();
  }
}

/** The message was published all the same: what became of it stays unknown. */
function heeding<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
