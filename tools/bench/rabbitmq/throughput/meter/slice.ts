import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { now } from '../../../clock.ts';
import type { Slice } from './orders.ts';

export interface Sliced {
  readonly perSecond: number;
  readonly messages: number;
}

/** The confirms of this length of time; those that are still owed at its end are awaited and not counted. */
export function publishSlice(
  channel: ConfirmChannel,
  queue: string,
  { inFlight, lengthMs, bodyBytes }: Extract<Slice, { type: 'publish' }>,
): Promise<Sliced> {
  const body = Buffer.alloc(bodyBytes, 'x');
  return new Promise((resolve, reject) => {
    const startedAt = now();
    let open = 0;
    let messages = 0;
    let lastAt = startedAt;

    function send(): void {
      open += 1;
      channel.sendToQueue(queue, body, { persistent: true }, onConfirm);
    }
    function onConfirm(error: unknown): void {
      open -= 1;
      if (error instanceof Error) return reject(error);
      const at = now();
      if (at - startedAt < lengthMs) {
        messages += 1;
        lastAt = at;
        send();
      } else if (open === 0) {
        resolve({ messages, perSecond: (messages * 1000) / (lastAt - startedAt) });
      }
    }
    for (let each = 0; each < inFlight; each += 1) send();
  });
}

/** From the order to consume until the last message was acknowledged. */
export async function consumeSlice(
  model: ChannelModel,
  queue: string,
  { prefetch, messages }: Extract<Slice, { type: 'consume' }>,
): Promise<Sliced> {
  const channel: Channel = await model.createChannel();
  await channel.prefetch(prefetch);
  const startedAt = now();
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    channel
      .consume(queue, (message) => {
        if (message === null) return reject(new Error('the consumer was cancelled'));
        channel.ack(message);
        count += 1;
        if (count === messages) resolve();
      })
      .catch(reject);
  });
  const lengthMs = now() - startedAt;
  await channel.close();
  return { messages, perSecond: (messages * 1000) / lengthMs };
}
