import { createClient, type FailoverRedis } from '@failover/redis';
import type { Redis } from 'ioredis';
import type { Drivers, DriverSpec, Told } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

type FailoverSpec = Extract<DriverSpec, { type: 'failoverInProcess' }>;

function open(spec: FailoverSpec): FailoverRedis {
  return createClient({
    name: spec.name,
    sentinels: spec.sentinelPorts.map((port) => `127.0.0.1:${String(port)}`),
  });
}

/** One client with all its parts; it lives as long as its process. */
export function openFailover(spec: FailoverSpec): Redis {
  return open(spec).redis;
}

/** As an application does it: one client, and a duplicate for each further connection; or clients that share nothing. */
export function failoverDrivers(spec: FailoverSpec, count: number): Drivers {
  const clients = Array.from({ length: spec.share === 'nothing' ? count : 1 }, () => open(spec));
  const connections = Array.from({ length: count }, (_, index) => {
    const own = clients[index];
    return own === undefined ? (clients[0] as FailoverRedis).redis.duplicate() : own.redis;
  });
  const tallies = clients.map(tally);
  return {
    all: connections.map(ioredisDriver),
    told: () => ({
      switches: tallies.reduce((total, told) => total + told.switches, 0),
      holds: tallies.reduce((total, told) => total + told.holds, 0),
      unknowns: tallies.reduce((total, told) => total + told.unknowns, 0),
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Replicas are another target: the load asks nothing of them. */
const isPrimary = (target: string): boolean => target.endsWith('/primary');

/** Counts what the client says of itself. */
function tally(client: FailoverRedis): Told {
  const told = { switches: 0, holds: 0, unknowns: 0 };
  client.events$.subscribe((event) => {
    if (event.type === 'stateChanged' && event.to === 'failing-over' && isPrimary(event.target))
      told.switches++;
    if (event.type === 'holdClosed') told.holds += event.held;
    if (event.type === 'outcomesUnknown') told.unknowns += event.count;
  });
  return told;
}
