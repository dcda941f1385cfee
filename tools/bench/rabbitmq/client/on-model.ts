import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { QUORUM } from '../cluster/queue.ts';
import { isResent } from '../payload.ts';
import { type Arrival, NotConnectedError, type Wish } from './messenger.ts';

/** Channels on a connection of amqplib, whoever made it: what an application writes. */
export interface ModelChannels {
  publish(text: string): Promise<void>;
}

export async function openOnModel(model: ChannelModel, wish: Wish): Promise<ModelChannels> {
  // Without a listener amqplib throws.
  model.on('error', () => undefined);
  model.on('close', (error?: Error) => {
    wish.onClosed(error ?? 'the connection was closed');
  });
  const publisher = await model.createConfirmChannel();
  const consumer = await model.createChannel();
  for (const channel of [publisher, consumer]) {
    // Of a channel it tells why, and then that.
    let reason: unknown = 'a channel was closed';
    channel.on('error', (error) => (reason = error));
    channel.on('close', () => {
      wish.onClosed(reason);
    });
  }
  await publisher.assertQueue(wish.queue, QUORUM);
  await consumer.prefetch(wish.prefetch);
  await consumer.consume(wish.queue, (message) => {
    // The broker cancelled it; an application would have to consume again.
    if (message === null) return wish.onClosed('the consumer was cancelled');
    wish.onArrival(arrivalOf(message));
    consumer.ack(message);
  });
  return { publish: (text) => confirmed(publisher, wish.queue, text) };
}

export function arrivalOf({ content, fields, properties }: ConsumeMessage): Arrival {
  const { headers } = properties;
  const returns = Number(headers?.['x-delivery-count'] ?? 0);
  return { text: content.toString(), redelivered: fields.redelivered, resent: isResent(headers), returns };
}

export function confirmed(channel: ConfirmChannel, queue: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      channel.sendToQueue(queue, Buffer.from(text), { persistent: true }, (error: unknown) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    } catch (error) {
      // amqplib throws, and has written nothing, if the channel is closed.
      reject(new NotConnectedError('the channel is closed', { cause: error }));
    }
  });
}
