import { createClusterClient } from '@failover/redis';
import type { ClusterAddress, Drivers } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

/** One client for all, as an application has it. */
export function failoverClusterDrivers({ nodes }: ClusterAddress, count: number): Drivers {
  const client = createClusterClient({ cluster: nodes });
  return {
    all: new Array(count).fill(ioredisDriver(client.cluster)),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
