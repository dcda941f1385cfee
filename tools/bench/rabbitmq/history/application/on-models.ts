import { createClient } from '@failover/rabbitmq';
import type { TestbedConfig } from '@failover/rabbitmq/testing';
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { QUORUM } from '../../cluster/queue.ts';
import { arrivalOf, confirmed } from '../../client/on-model.ts';
import type { Application, ApplicationWish } from './application.ts';

type Open = (name: string) => Promise<ChannelModel>;

/** amqplib as it comes, which never connects again. */
export function amqplibApplication(url: string, wish: ApplicationWish): Promise<Application> {
  const open: Open = (name) => connect(url, { clientProperties: { connection_name: name } });
  return onModels(open, wish);
}

export async function failoverApplication(
  config: TestbedConfig,
  wish: ApplicationWish,
): Promise<Application> {
  const client = createClient(config);
  const open: Open = (name) => client.connect({ clientProperties: { connection_name: name } });
  const application = await onModels(open, wish);
  return {
    ...application,
    told() {
      const { switches = NaN, resent = NaN, unknown = NaN } = client.counters;
      return { switches, resent, unknown };
    },
    async close() {
      await application.close();
      await client.close();
    },
  };
}

/** One connection to publish and one for the rest, as RabbitMQ's guides advise. */
async function onModels(open: Open, wish: ApplicationWish): Promise<Application> {
  const publishing = await open(`${wish.name}.publish`);
  const consuming = await open(`${wish.name}.consume`);
  watch(publishing, 'the connection to publish', wish);
  watch(consuming, 'the connection to consume', wish);
  const publishers: ConfirmChannel[] = [];
  for (let at = 0; at < wish.publishers; at += 1) {
    const channel = await publishing.createConfirmChannel();
    watch(channel, `the channel of publisher ${at}`, wish);
    publishers.push(channel);
  }
  const asking = await consuming.createChannel();
  watch(asking, 'the channel that asks', wish);
  for (const queue of wish.queues) await asking.assertQueue(queue, QUORUM);
  for (const at of wish.consumers.keys()) {
    const channel = await consuming.createChannel();
    watch(channel, `the channel of consumer ${at}`, wish);
    await consume(channel, at, wish);
  }
  return {
    async publish(publisher, queue, text) {
      const channel = publishers[publisher];
      if (channel === undefined) throw new Error(`there is no publisher ${publisher}`);
      await confirmed(channel, queue, text);
    },
    ask: async (what, queue) =>
      what === 'declare' ? await asking.assertQueue(queue, QUORUM) : await asking.checkQueue(queue),
    async close() {
      await Promise.allSettled([publishing.close(), consuming.close()]);
    },
  };
}

async function consume(channel: Channel, at: number, wish: ApplicationWish): Promise<void> {
  await channel.prefetch(wish.prefetch);
  await channel.consume(wish.consumers[at] ?? '', (message) => {
    if (message === null) return wish.onClosed(`consumer ${at}`, 'cancelled by the broker');
    wish.onArrival(at, arrivalOf(message));
    channel.ack(message);
  });
}

function watch(closing: ChannelModel | Channel, what: string, wish: ApplicationWish): void {
  let reason: unknown = 'without a word';
  const emitter: NodeJS.EventEmitter = closing;
  emitter.on('error', (error: unknown) => (reason = error));
  emitter.on('close', (error: unknown) => {
    wish.onClosed(what, error ?? reason);
  });
}
