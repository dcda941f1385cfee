import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { now, pause } from '../../clock.ts';
import { onChannel } from '../cluster/queue.ts';
import { writePayload } from '../payload.ts';
import type { HistoryLoader } from './load/loader.ts';
import { CONSUMER_COUNT } from './load/orders.ts';

const EVERY_MS = 100;

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
