import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { type IdleCost, measureIdle } from '../../../idle/measure.ts';
import { onChannel } from '../../cluster/queue.ts';
import { startGateway } from '../../contender/failover.ts';
import type { IdleSettings } from './orders.ts';

export interface MemoryFound extends IdleCost {
  readonly connections: number;
}

/** Consumers of one queue: a queue of RabbitMQ is one process, and slow with thousands. */
const PER_QUEUE = 100;
/** Files of one process are limited. */
const PER_PROCESS = 2500;

/** What an idle client costs the local process: a connection on either side, a channel and a consumer. */
export async function measureMemory(testbed: RabbitTestbed, connections: number): Promise<MemoryFound> {
  const queues = Array.from({ length: Math.ceil(connections / PER_QUEUE) }, (_, at) => `idle.${at}`);
  for (const [at, queue] of queues.entries()) {
    const node = testbed.members[at % testbed.members.length];
    // A classic queue lives where it was declared: so they are spread over the nodes.
    if (node !== undefined)
      await onChannel(testbed, node, (channel) => channel.rpc('queue.declare', { queue, durable: true }));
  }
  await using gateway = await startGateway(testbed);
  const cost = await measureIdle(gateway.pid, connections, {
    name: 'failover',
    module: new URL('./main.ts', import.meta.url),
    processes: Math.max(2, Math.ceil(connections / PER_PROCESS)),
    openLimitMs: 300_000,
    settings: (count): IdleSettings => ({
      server: `127.0.0.1:${gateway.port}`,
      connections: count,
      queues,
    }),
  });
  return { connections, ...cost };
}
