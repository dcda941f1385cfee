import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { now, pause } from '../../clock.ts';
import { onChannel } from '../cluster/queue.ts';
import { writePayload } from '../payload.ts';
import type { HistoryLoader } from './load/loader.ts';
import { CONSUMER_COUNT } from './load/orders.ts';

const EVERY_MS = 100;

/**
 * What the brokers know of these queues' consumers and of all channels, for whoever looks why one is dead: whether it
 * is still there, and whether it owes acknowledgements.
 */
export async function consumersSeen(
  testbed: RabbitTestbed,
  queues: readonly string[],
): Promise<readonly string[]> {
  const [node] = testbed.members;
  if (node === undefined) throw new Error('a cluster without nodes');
  const ask = (...args: readonly string[]): Promise<string> =>
    testbed.ctl(node, ...args).catch((error: unknown) => String(error));
  const consumers = await ask('list_consumers', 'queue_name', 'channel_pid', 'consumer_tag', 'active');
  const channels = await ask(
    'list_channels',
    ...['pid', 'number', 'consumer_count', 'messages_unacknowledged', 'prefetch_count'],
  );
  const states = await ask('list_queues', 'name', 'messages_ready', 'messages_unacknowledged', 'consumers');
  const isOurs = (line: string): boolean => queues.some((queue) => line.includes(queue));
  return [
    ...consumers.split('\n').filter(isOurs),
    ...states.split('\n').filter(isOurs),
    ...channels.split('\n').filter((line) => !/\t0\t0\t\d+$/.test(line)),
  ];
}

/** The consumers that get nothing although there is something for each: they died, and nobody was told. */
export async function deadConsumers(
  testbed: RabbitTestbed,
  queues: readonly string[],
  loader: HistoryLoader,
  limitMs: number,
): Promise<readonly number[]> {
  const [node] = testbed.members;
  if (node === undefined) throw new Error('a cluster without nodes');
  const all = Array.from({ length: CONSUMER_COUNT }, (_, at) => at);
  const endAt = now() + limitMs;
  return onChannel(testbed, node, async (channel) => {
    for (let round = 0; ; round += 1) {
      const { alive } = await loader.look();
      const dead = all.filter((consumer) => !alive.includes(consumer));
      if (dead.length === 0 || now() > endAt) return dead;
      for (const queue of queues) {
        const body = writePayload({ by: 'prober', id: `${queue}.${round}`, at: now() });
        channel.publishBlindly({ routingKey: queue, body });
      }
      await pause(EVERY_MS);
    }
  });
}
