import type { EndpointId } from '@failover/core';
import { type AmqpChannel, connectAmqp, type RabbitTestbed } from '@failover/rabbitmq/testing';

/** As every client here declares it. */
export const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;

/** A plain channel for orders of the bench itself, closed afterwards. */
export async function onChannel<T>(
  testbed: RabbitTestbed,
  node: EndpointId,
  use: (channel: AmqpChannel) => Promise<T>,
): Promise<T> {
  const client = await connectAmqp(testbed.runtime, node, { timeoutMs: 15_000 });
  try {
    return await use(await client.openChannel());
  } finally {
    await client.close();
  }
}

export async function declareQueues(
  testbed: RabbitTestbed,
  node: EndpointId,
  queues: readonly string[],
): Promise<void> {
  await onChannel(testbed, node, async (channel) => {
    for (const queue of queues) await channel.rpc('queue.declare', { queue, ...QUORUM });
  });
}

export async function deleteQueues(
  testbed: RabbitTestbed,
  node: EndpointId,
  queues: readonly string[],
): Promise<void> {
  await onChannel(testbed, node, async (channel) => {
    for (const queue of queues) await channel.rpc('queue.delete', { queue });
  });
}
