import type { Arguments } from '../../protocol/methods.ts';
import { encodeProperties } from '../../protocol/properties.ts';
import { noQueue } from './ask-queue.ts';
import type { ChannelState } from './channel-state.ts';
import type { Message } from './message.ts';
import { preconditionFailed } from './problem.ts';

const pseudoQueue = 'amq.rabbitmq.reply-to';

export const isReplyName = (queue: string): boolean =>
  queue === pseudoQueue || queue.startsWith(`${pseudoQueue}.`);

/** Requesters declare it passively to see whether somebody still awaits the reply. */
export function answerReplyDeclare(channel: ChannelState, method: Arguments<'queue.declare'>): void {
  const isKnown = method.queue === pseudoQueue || channel.connection.vhost.replyTo.has(method.queue);
  if (!isKnown) throw noQueue(channel, method.queue);
  if (!method.nowait) {
    channel.send('queue.declare-ok', { queue: method.queue, messageCount: 0, consumerCount: 1 });
  }
}

/** Replies go to the channel that asked, without a queue. */
export function consumeReplies(channel: ChannelState, tag: string, method: Arguments<'basic.consume'>): void {
  const { vhost, broker, run } = channel.connection;
  if (channel.replyConsumer !== undefined) throw preconditionFailed('reply consumer already set');
  if (!method.noAck) throw preconditionFailed('reply consumer cannot acknowledge');
  const key = broker.uniqueName(`${pseudoQueue}.`);
  channel.replyConsumer = { tag, key };
  vhost.replyTo.set(key, (message) =>
    run(() => {
      const { exchange, routingKey } = message;
      const deliveryTag = channel.unacked.skip();
      channel.sendContent(
        'basic.deliver',
        { consumerTag: tag, deliveryTag, redelivered: false, exchange, routingKey },
        message,
      );
    }),
  );
  if (!method.nowait) channel.send('basic.consume-ok', { consumerTag: tag });
}

export function stopReplies(channel: ChannelState): void {
  if (channel.replyConsumer === undefined) return;
  channel.connection.vhost.replyTo.delete(channel.replyConsumer.key);
  channel.replyConsumer = undefined;
}

/** Puts the address of the channel where the publisher wrote the pseudo queue. */
export function withReplyAddress(channel: ChannelState, message: Message): Message {
  if (message.properties.replyTo !== pseudoQueue) return message;
  if (channel.replyConsumer === undefined) throw preconditionFailed('fast reply consumer does not exist');
  const properties = { ...message.properties, replyTo: channel.replyConsumer.key };
  return { ...message, properties, header: encodeProperties(properties, message.body.length) };
}

/** To whom awaits it, if anybody does. */
export function deliverReply(channel: ChannelState, message: Message): void {
  if (message.exchange === '') channel.connection.vhost.replyTo.get(message.routingKey)?.(message);
}
