import { connectAmqp, drainQueue, type RabbitTestbed } from '@failover/rabbitmq/testing';
import { readPayload } from '../payload.ts';

/** Identities of messages of the load that nobody consumed: they are still there, and so are not lost. */
export async function leftIn(
  testbed: RabbitTestbed,
  queues: readonly string[],
): Promise<ReadonlySet<string>> {
  const [node] = testbed.members;
  if (node === undefined) throw new Error('a cluster without nodes');
  const client = await connectAmqp(testbed.runtime, node, { timeoutMs: 15_000 });
  try {
    const left = new Set<string>();
    for (const queue of queues) {
      for (const { value } of await drainQueue(client, queue)) {
        const { by, id } = readPayload(value);
        if (by === 'load') left.add(id);
      }
    }
    return left;
  } finally {
    await client.close();
  }
}
