import { type ChannelModel, connect, type ConfirmChannel } from 'amqplib';
import { urlOf } from '../../cluster/cluster.ts';

/** Prepares a queue and clears it away, directly and outside of the measured time. */
export interface Filler {
  fill(queue: string, messages: number, bodyBytes: number): Promise<void>;
  purge(queue: string): Promise<void>;
}

export async function openFiller(server: string): Promise<Filler> {
  const model: ChannelModel = await connect(urlOf(server));
  const channel: ConfirmChannel = await model.createConfirmChannel();
  return {
    async fill(queue, messages, bodyBytes) {
      const body = Buffer.alloc(bodyBytes, 'x');
      for (let each = 0; each < messages; each += 1)
        channel.sendToQueue(queue, body, { persistent: true }, () => undefined);
      await channel.waitForConfirms();
    },
    async purge(queue) {
      await channel.purgeQueue(queue);
    },
  };
}
