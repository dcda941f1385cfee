import type { ChildProcess } from 'node:child_process';
import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { pause } from '../../../clock.ts';
import { end } from '../../../process/child.ts';
import { residentBytes } from '../../../process/memory.ts';
import { nextMessage, startModule } from '../../../process/module.ts';
import { onChannel } from '../../cluster/queue.ts';
import { startGateway } from '../../contender/failover.ts';
import type { IdleNews, IdleSettings } from './orders.ts';

export interface MemoryFound {
  readonly connections: number;
  /** Of the process, as the kernel counts it. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly bytesPerConnection: number;
}

/** Consumers of one queue: a queue of RabbitMQ is one process, and slow with thousands. */
const PER_QUEUE = 100;
/** Files of one process are limited. */
const PER_PROCESS = 2500;
/** Open before the first look: compiled code and a first heap are no connection's. */
const WARM_CONNECTIONS = 100;
/** ms in which the collector has its turn, or not: the process is measured as it stands. */
const REST_MS = 3000;
const OPEN_LIMIT_MS = 300_000;

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
  const children: ChildProcess[] = [];
  const open = async (count: number): Promise<void> => {
    const settings: IdleSettings = { server: `127.0.0.1:${gateway.port}`, connections: count, queues };
    const child = startModule(new URL('./main.ts', import.meta.url), settings);
    children.push(child);
    const news = await nextMessage(child, 'idle connections are open', OPEN_LIMIT_MS, isNews);
    if (news.type === 'failed') throw new Error(news.reason);
  };
  try {
    await open(WARM_CONNECTIONS);
    await pause(REST_MS);
    const beforeBytes = residentBytes(gateway.pid);
    const processes = Math.max(2, Math.ceil(connections / PER_PROCESS));
    const shares = Array.from({ length: processes }, (_, at) => Math.floor((connections + at) / processes));
    await Promise.all(shares.map(open));
    await pause(REST_MS);
    const afterBytes = residentBytes(gateway.pid);
    return {
      connections,
      beforeBytes,
      afterBytes,
      bytesPerConnection: (afterBytes - beforeBytes) / connections,
    };
  } finally {
    await Promise.all(children.map(end));
  }
}

const isNews = (message: unknown): message is IdleNews =>
  typeof message === 'object' && message !== null && 'type' in message;
