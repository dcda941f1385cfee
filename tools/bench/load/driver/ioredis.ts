import { Redis, type RedisOptions } from 'ioredis';
import type { Driver, Drivers, DriverSpec } from './driver.ts';

type IoredisSpec = Extract<DriverSpec, { type: 'plain' | 'ioredisSentinel' }>;

/** ioredis as it comes: only the address is set, and the detector where it is what we compare with. */
function options(spec: IoredisSpec): RedisOptions {
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

export function ioredisDriver(redis: Redis): Driver {
  // Without a listener every lost connection is printed.
  redis.on('error', () => undefined);
  return {
    rpush: (key, value) => redis.rpush(key, value),
    incr: (key) => redis.incr(key),
    read: (key) => redis.lrange(key, 0, -1),
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

export function ioredisDrivers(spec: IoredisSpec, count: number): Drivers {
  const all = Array.from({ length: count }, () => ioredisDriver(new Redis(options(spec))));
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((driver) => driver.close()));
    },
  };
}
