import type { RedisCluster } from '../cluster/cluster.ts';
import type { SentinelAddress } from '../load/driver/driver.ts';
import type { Contender, Running } from './contender.ts';

export function sentinelAddress(cluster: RedisCluster): SentinelAddress {
  return { sentinelPorts: cluster.sentinelPorts, name: cluster.name };
}

/** A driver with nothing between it and the servers. */
function driverAlone(name: string, driver: (address: SentinelAddress) => Running['driver']): Contender {
  return {
    name,
    isOurs: false,
    missing: () => undefined,
    start: (cluster) =>
      Promise.resolve({
        driver: driver(sentinelAddress(cluster)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

export const ioredisDefault = driverAlone('ioredis', (address) => ({
  type: 'ioredisSentinel',
  failoverDetector: false,
  ...address,
}));

export const ioredisDetector = driverAlone('ioredis-detector', (address) => ({
  type: 'ioredisSentinel',
  failoverDetector: true,
  ...address,
}));

export const nodeRedis = driverAlone('node-redis', (address) => ({ type: 'nodeRedisSentinel', ...address }));
