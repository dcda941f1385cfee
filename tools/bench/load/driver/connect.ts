import type { Drivers, DriverSpec } from './driver.ts';
import { ioredisDrivers } from './ioredis.ts';

/** Each client is imported only by the run that measures it. */
export async function connectDrivers(spec: DriverSpec, count: number): Promise<Drivers> {
  switch (spec.type) {
    case 'plain':
    case 'ioredisSentinel':
      return ioredisDrivers(spec, count);
    case 'nodeRedisSentinel':
      return (await import('./node-redis.ts')).nodeRedisDrivers(spec, count);
    case 'failoverInProcess':
      return (await import('./failover.ts')).failoverDrivers(spec, count);
    case 'ioredisCluster':
      return (await import('./ioredis-cluster.ts')).ioredisClusterDrivers(spec, count);
    case 'failoverCluster':
      return (await import('./failover-cluster.ts')).failoverClusterDrivers(spec, count);
    case 'direct':
      return (await import('./direct.ts')).directDrivers(spec, count);
  }
}
