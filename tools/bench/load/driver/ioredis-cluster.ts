import { Cluster } from 'ioredis';
import type { ClusterAddress, Drivers } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

/** ioredis as it comes: only addresses are set. One client for all, as an application has it. */
export function ioredisClusterDrivers({ nodes }: ClusterAddress, count: number): Drivers {
  const cluster = new Cluster([...nodes]);
  return {
    all: new Array(count).fill(ioredisDriver(cluster)),
    [Symbol.asyncDispose]: () => Promise.resolve(cluster.disconnect()),
  };
}
