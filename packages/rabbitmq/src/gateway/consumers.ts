import { isTransientClose } from '../protocol/close-reason.ts';
import type { Method } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { Consumer } from '../session/consumer.ts';
import { askedAgain } from '../session/consumer.ts';
import { isTransientQueue } from '../session/topology-log.ts';
import { callNode } from './call.ts';
import type { Channel } from './channel.ts';
import { removeConsumer } from './complete.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { tellClient } from './frames.ts';
import { askNode } from './request.ts';

/** ms before a consumer is tried again; doubles up to the most. */
const retryMs = { first: 50, most: 2000 };

/** Registers a consumer upstream as it was, with the prefetch that it had. */
export function restoreConsumer(connection: Connection, channel: Channel, consumer: Consumer): void {
  usePrefetch(connection, channel, consumer.prefetch);
  consumer.state = 'active';
  askNode(connection, channel, 'basic.consume', askedAgain(consumer), () => {
    consumer.failures = 0;
  });
}

/** RabbitMQ applies `basic.qos` to the consumers that come after it. */
export function usePrefetch(connection: Connection, channel: Channel, prefetchCount: number): void {
  if (channel.upstreamPrefetch === prefetchCount) return;
  channel.upstreamPrefetch = prefetchCount;
  askNode(connection, channel, 'basic.qos', { prefetchSize: 0, prefetchCount, global: false });
}

/** The node cancelled it: the queue is gone, or only out of reach for a while. */
export function consumerCancelled(connection: Connection, channel: Channel, tag: string): void {
  const consumer = channel.consumers.get(tag);
  if (consumer === undefined) return;
  consumer.state = 'waiting';
  consumer.since = nowOf(connection);
  tryAgain(connection, channel, consumer);
}

/** The node refused it. True if it will be tried again. */
export function consumerRefused(
  connection: Connection,
  channel: Channel,
  consumer: Consumer,
  code: number,
  text: string,
): boolean {
  if (consumer.failures === 0 || consumer.since === 0) consumer.since = nowOf(connection);
  consumer.state = 'waiting';
  consumer.failures += 1;
  const isOver = nowOf(connection) - consumer.since >= connection.gateway.config.holdMs;
  if (isOver || !mayPass(code, text)) {
    consumerLost(connection, channel, consumer);
    return false;
  }
  tryLater(connection, channel, consumer);
  return true;
}

/** An exclusive queue or consumer of a connection that is gone stays locked until the cluster has noticed. */
function mayPass(code: number, text: string): boolean {
  return (
    isTransientClose(code, text) ||
    code === replyCode.resourceLocked ||
    (code === replyCode.accessRefused && /exclusive/i.test(text))
  );
}

function tryLater(connection: Connection, channel: Channel, consumer: Consumer): void {
  const ms = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(consumer.failures, 8));
  connection.after(ms * (0.5 + connection.gateway.runtime.random()), () => {
    tryAgain(connection, channel, consumer);
  });
}

/** Looks for its queue on a channel of our own first: a refusal would cost the client's whole channel. */
function tryAgain(connection: Connection, channel: Channel, consumer: Consumer): void {
  const isStillWanted = (): boolean =>
    consumer.state === 'waiting' &&
    channel.consumers.get(consumer.tag) === consumer &&
    channel.phase === 'open';
  if (!isStillWanted()) return;
  if (connection.upstream === undefined) {
    // The restoring of the channel tries it, too.
    consumer.failures = 0;
    return;
  }
  callNode(
    connection,
    queueAgain(connection, consumer.asked.queue),
    connection.gateway.config.silenceMs,
    (end) => {
      if (!isStillWanted()) return;
      if (end.type === 'closed') {
        consumerRefused(connection, channel, consumer, end.code, end.text);
      } else if (end.type === 'silent') {
        consumerRefused(connection, channel, consumer, replyCode.connectionForced, 'no answer');
      } else {
        consumer.failures = 0;
        if (channel.upstreamId !== 0) restoreConsumer(connection, channel, consumer);
      }
    },
  );
}

/** What makes the queue be there again, or tells whether it is. */
function queueAgain(connection: Connection, queue: string): readonly Method[] {
  const declared = connection.log.queues.get(queue);
  if (
    declared === undefined ||
    !isTransientQueue(declared) ||
    connection.gateway.config.redeclare === 'none'
  ) {
    return [
      {
        name: 'queue.declare',
        queue,
        passive: true,
        durable: false,
        exclusive: false,
        autoDelete: false,
        nowait: false,
        arguments: {},
      },
    ];
  }
  const bindings = [...connection.log.bindings.values()].filter(
    (bind) => bind.name === 'queue.bind' && bind.queue === queue,
  );
  return [declared, ...bindings];
}

/** For good: its client is told, if it said that it wants to know. */
function consumerLost(connection: Connection, channel: Channel, consumer: Consumer): void {
  connection.gateway.counters.consumersLost += 1;
  removeConsumer(connection, channel, consumer.tag);
  if (connection.hears.cancel) {
    tellClient(connection, channel.id, 'basic.cancel', { consumerTag: consumer.tag, nowait: true });
  }
}
