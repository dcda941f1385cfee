import { replyCode } from '../../protocol/reply-code.ts';
import { nameOf } from './ask-queue.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import { findExchange } from './exchange-methods.ts';
import { createMessage, type Message } from './message.ts';
import { accessRefused, notImplemented, preconditionFailed } from './problem.ts';
import type { Queue } from './queue.ts';
import { hidesLostQueues } from './series.ts';
import { deliverReply, withReplyAddress } from './reply-to.ts';

/** Gives a message to its queues; `done` is called once all took it, or one refused it. */
function enqueue(
  channel: ChannelState,
  queues: readonly Queue[],
  message: Message,
  done: (how: 'ack' | 'nack') => void,
): void {
  let left = queues.length;
  let how: 'ack' | 'nack' = 'ack';
  if (left === 0) return done(how);
  for (const queue of queues) {
    queue.tell(channel, () => {
      if (queue.availability === 'down') how = 'nack';
      else queue.enqueue(message);
      left -= 1;
      if (left === 0) done(how);
    });
  }
}

export const publishMethods: Handlers = {
  'basic.publish'(channel, method, content) {
    if (content === undefined) return;
    const { broker, vhost, user } = channel.connection;
    if (method.immediate) throw notImplemented('immediate=true');
    const exchange = findExchange(channel, method.exchange);
    if (exchange.isInternal) {
      throw accessRefused(`cannot publish to internal ${nameOf('exchange', exchange.name, vhost.name)}`);
    }
    const message = withReplyAddress(
      channel,
      createMessage(method.exchange, method.routingKey, content.header, content.body),
    );
    const { userId } = message.properties;
    if (userId !== undefined && userId !== user) {
      throw preconditionFailed(`user_id property set to '${userId}' but authenticated user was '${user}'`);
    }
    const seq = channel.mode.type === 'confirm' ? channel.mode.confirms.next() : 0;

    const send = (done: (how: 'ack' | 'nack') => void): void => {
      const routed = vhost.queuesFor(exchange, message);
      const queues = hidesLostQueues(broker)
        ? routed.filter(({ availability }) => availability !== 'down')
        : routed;
      deliverReply(channel, message);
      // A direct reply counts as unroutable all the same.
      if (queues.length === 0 && method.mandatory) {
        channel.sendContent(
          'basic.return',
          {
            replyCode: replyCode.noRoute,
            replyText: 'NO_ROUTE',
            exchange: method.exchange,
            routingKey: method.routingKey,
          },
          message,
        );
      }
      enqueue(channel, queues, message, done);
    };
    switch (channel.mode.type) {
      case 'plain':
        send(() => undefined);
        return;
      case 'confirm': {
        const { confirms } = channel.mode;
        send((how) => confirms.settle(seq, how));
        return;
      }
      case 'tx':
        channel.mode.transaction.publishes.push(send);
    }
  },
};
