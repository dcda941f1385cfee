import { Redis, type RedisOptions } from 'ioredis';
import type { DriverSpec } from './driver.ts';

type PeerSpec = Extract<DriverSpec, { type: 'plain' | 'ioredisSentinel' }>;

/** ioredis as it comes: only the address is set, and the detector where it is what we compare with. */
function options(spec: PeerSpec): RedisOptions {
  switch (spec.type) {
    case 'plain':
      return { host: '127.0.0.1', port: spec.port };
    case 'ioredisSentinel':
      return {
        sentinels: spec.sentinelPorts.map((port) => ({ host: '127.0.0.1', port })),
        name: spec.name,
        failoverDetector: spec.failoverDetector,
      };
  }
}

/** A new ioredis for each call, whoever made it. */
export async function openIoredis(spec: DriverSpec): Promise<Redis> {
  switch (spec.type) {
    case 'plain':
    case 'ioredisSentinel':
      return Promise.resolve(new Redis(options(spec)));
    case 'failoverInProcess':
      return (await import('./failover.ts')).openFailover(spec);
    case 'nodeRedisSentinel':
      throw new Error('node-redis is no ioredis');
  }
}
