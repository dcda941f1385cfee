import { type EndpointId, systemRuntime } from '@failover/core';
import { connectAmqp } from '@failover/rabbitmq/testing';
import { openIdle } from '../../../idle/open.ts';
import { dieWithParent } from '../../../process/module.ts';
import type { IdleSettings } from './orders.ts';

/** Logins under way at a time: brokers take some milliseconds of CPU for each. */
const AT_ONCE = 16;
/** ms; a broker that logs hundreds in is slow for each. */
const STEP_LIMIT_MS = 30_000;

dieWithParent();
const { server, connections, queues } = JSON.parse(process.argv[2] ?? '{}') as IdleSettings;
const runtime = systemRuntime();

/** A connection with one channel and one consumer, to which nothing will ever come. */
async function openOne(index: number): Promise<void> {
  const client = await connectAmqp(runtime, server as EndpointId, { timeoutMs: STEP_LIMIT_MS });
  const channel = await client.openChannel();
  await channel.consume(queues[index % queues.length] ?? '', () => undefined);
}

await openIdle(connections, AT_ONCE, openOne);
