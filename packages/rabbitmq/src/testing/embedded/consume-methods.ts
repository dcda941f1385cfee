import type { Arguments } from '../../protocol/methods.ts';
import { askQueue, findQueue, nameOf, queueName } from './ask-queue.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import type { QueueConsumer } from './consumers.ts';
import { deliver, headerOf } from './deliver.ts';
import { replyCode } from '../../protocol/reply-code.ts';
import { accessRefused, AmqpProblem, notAllowed, notImplemented, resourceLocked } from './problem.ts';
import type { Delivery, Queue } from './queue.ts';
import { consumeReplies, isReplyName, stopReplies } from './reply-to.ts';

function createConsumer(
  channel: ChannelState,
  tag: string,
  method: Arguments<'basic.consume'>,
): QueueConsumer<Delivery> {
  const { connection, prefetch } = channel;
  const priority = method.arguments['x-priority'];
  const consumer: QueueConsumer<Delivery> = {
    tag,
    owner: channel,
    node: connection.node,
    noAck: method.noAck,
    isExclusive: method.exclusive,
    priority: typeof priority === 'number' ? priority : 0,
    inFlight: 0,
    isSuspended: false,
    hasRoom() {
      if (connection.isCongested) return false;
      if (method.noAck) return true;
      return isBelow(consumer.inFlight, prefetch) && isBelow(channel.inFlight, channel.globalPrefetch);
    },
    deliver(delivery) {
      connection.run(() => deliver(channel, tag, delivery, method.noAck));
    },
    cancelled() {
      connection.run(() => {
        channel.consumers.delete(tag);
        if (connection.takesCancels) channel.send('basic.cancel', { consumerTag: tag, nowait: true });
      });
    },
  };
  return consumer;
}

/** Up to 4.0 it sends itself the `consume-ok`, looks for the consumer then, and falls over if that was cancelled meanwhile. */
const notThereYet = (): AmqpProblem => new AmqpProblem(replyCode.internalError, '', 'connection');

const isBelow = (count: number, limit: number): boolean => limit === 0 || count < limit;

/** A leader that was lost takes the question along; RabbitMQ ends the whole connection then. */
function unanswered(channel: ChannelState, queue: Queue): AmqpProblem {
  const title = nameOf('queue', queue.name, channel.connection.vhost.name);
  return new AmqpProblem(replyCode.internalError, `Cannot get a message from queue '${title}': nodedown`);
}

/** The last consumer of an auto-delete queue takes it along. */
export function removeConsumer(channel: ChannelState, queue: Queue, consumer: QueueConsumer<Delivery>): void {
  if (!queue.consumers.remove(consumer)) return;
  if (queue.isAutoDelete && queue.consumers.count === 0) channel.connection.vhost.deleteQueue(queue);
  // A single active consumer has a successor.
  else queue.dispatch();
}

export const consumeMethods: Handlers = {
  'basic.consume'(channel, method) {
    const { broker, vhost } = channel.connection;
    const tag = method.consumerTag === '' ? broker.uniqueName('amq.ctag-') : method.consumerTag;
    if (channel.consumers.has(tag) || channel.replyConsumer?.tag === tag) {
      throw notAllowed(`attempt to reuse consumer tag '${tag}'`);
    }
    if (isReplyName(method.queue)) return consumeReplies(channel, tag, method);
    const queue = findQueue(channel, queueName(channel, method.queue));
    if (queue.type === 'quorum' && channel.globalPrefetch > 0) {
      throw notImplemented(`${nameOf('queue', queue.name, vhost.name)} does not support global qos`);
    }
    askQueue(channel, queue, () => {
      const { all } = queue.consumers;
      const isTaken = all.some(({ isExclusive }) => isExclusive) || (method.exclusive && all.length > 0);
      // Quorum queues take no notice of it.
      if (isTaken && queue.type === 'classic') {
        throw accessRefused(`${nameOf('queue', queue.name, vhost.name)} in exclusive use`);
      }
      const consumer = createConsumer(channel, tag, method);
      channel.consumers.set(tag, { queue, consumer });
      if (!method.nowait) {
        channel.registering.add(tag);
        channel.send('basic.consume-ok', { consumerTag: tag });
      }
      queue.consumers.add(consumer);
      queue.dispatch();
    });
  },
  'basic.cancel'(channel, method) {
    if (channel.registering.has(method.consumerTag)) throw notThereYet();
    const answer = (): void => {
      if (!method.nowait) channel.send('basic.cancel-ok', { consumerTag: method.consumerTag });
    };
    if (channel.replyConsumer?.tag === method.consumerTag) stopReplies(channel);
    const open = channel.consumers.get(method.consumerTag);
    if (open === undefined) return answer();
    askQueue(channel, open.queue, () => {
      channel.consumers.delete(method.consumerTag);
      removeConsumer(channel, open.queue, open.consumer);
      answer();
    });
  },
  'basic.get'(channel, method) {
    const queue = findQueue(channel, queueName(channel, method.queue));
    if (queue.type === 'quorum' && queue.arguments['x-single-active-consumer'] === true) {
      throw resourceLocked(
        `cannot obtain access to locked ${nameOf('queue', queue.name, channel.connection.vhost.name)}. ` +
          'basic.get operations are not supported by quorum queues with single active consumer',
      );
    }
    const { term } = queue;
    askQueue(channel, queue, () => {
      if (queue.term !== term) throw unanswered(channel, queue);
      const delivery = queue.take(channel, method.noAck);
      if (delivery === undefined) return channel.send('basic.get-empty', {});
      const { returns } = delivery;
      const { message } = delivery.entry;
      const deliveryTag = method.noAck ? channel.unacked.skip() : channel.unacked.add(delivery);
      channel.sendContent(
        'basic.get-ok',
        {
          deliveryTag,
          redelivered: returns > 0,
          exchange: message.exchange,
          routingKey: message.routingKey,
          messageCount: queue.messageCount,
        },
        message,
        headerOf(delivery),
      );
    });
  },
  'basic.qos'(channel, method) {
    if (method.prefetchSize !== 0) throw notImplemented(`prefetch_size!=0 (${method.prefetchSize})`);
    if (method.global) channel.globalPrefetch = method.prefetchCount;
    else {
      channel.prefetch = method.prefetchCount;
      // The limit for new consumers lifts the one for the channel.
      channel.globalPrefetch = 0;
    }
    channel.send('basic.qos-ok', {});
    for (const { queue } of channel.consumers.values()) queue.dispatch();
  },
};
