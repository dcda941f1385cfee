import { type EndpointId, systemRuntime } from '@failover/core';
import { connectAmqp } from '@failover/rabbitmq/testing';
import { dieWithParent, toParent } from '../../../process/module.ts';
import type { IdleNews, IdleSettings } from './orders.ts';

/** Logins under way at a time: brokers take some milliseconds of CPU for each. */
const AT_ONCE = 16;
/** ms; a broker that logs hundreds in is slow for each. */
const STEP_LIMIT_MS = 30_000;

dieWithParent();
const { server, connections, queues } = JSON.parse(process.argv[2] ?? '{}') as IdleSettings;
const runtime = systemRuntime();
let next = 0;

/** A connection with one channel and one consumer, to which nothing will ever come. */
async function openOne(index: number): Promise<void> {
  const client = await connectAmqp(runtime, server as EndpointId, { timeoutMs: STEP_LIMIT_MS });
  const channel = await client.openChannel();
  await channel.consume(queues[index % queues.length] ?? '', () => undefined);
}

async function openInTurn(): Promise<void> {
  while (next < connections) await openOne(next++);
}

const news: IdleNews = await Promise.all(Array.from({ length: AT_ONCE }, openInTurn)).then(
  () => ({ type: 'open', connections }),
  (error: unknown) => ({ type: 'failed', reason: String(error) }),
);
await toParent(news);
