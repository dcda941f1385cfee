import { createClient, type FailoverRedis } from '@failover/redis';
import type { Redis } from 'ioredis';
import type { Drivers, DriverSpec } from './driver.ts';
import { ioredisDriver } from './ioredis.ts';

type FailoverSpec = Extract<DriverSpec, { type: 'failoverInProcess' }>;

function open(spec: FailoverSpec): FailoverRedis {
  return createClient({
    sentinels: spec.sentinelPorts.map((port) => ({ host: '127.0.0.1', port })),
    name: spec.name,
  });
}

/** An ioredis of our own client, alone in its process. */
export function openFailover(spec: FailoverSpec): Redis {
  return open(spec).redis;
}

/** As an application has it: one client, and a duplicate for each worker. */
export async function failoverDrivers(spec: FailoverSpec, count: number): Promise<Drivers> {
  const client = open(spec);
  let [switches, holds] = [0, 0];
  client.events$.subscribe((event) => {
    if (event.type === 'claimAccepted' && event.target === `${spec.name}/primary`) switches += 1;
    if (event.type === 'holdClosed') holds += event.held;
  });
  const all = Array.from({ length: count }, () => ioredisDriver(client.redis.duplicate()));
  await client.redis.ping();
  // The first claim is no switch, and who waited for it was not held by a failure.
  const [firstSwitches, firstHolds] = [switches, holds];
  return {
    all,
    told: () => ({
      switches: switches - firstSwitches,
      holds: holds - firstHolds,
      unknowns: client.counters['unknown'] ?? 0,
    }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
