import { Redis, type RedisOptions } from 'ioredis';
import type { Drivers, DriverSpec } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

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

export function openIoredis(spec: IoredisSpec): Redis {
  return new Redis(options(spec));
}

export function ioredisDrivers(spec: IoredisSpec, count: number): Drivers {
  const all = Array.from({ length: count }, () => ioredisDriver(openIoredis(spec)));
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((driver) => driver.close()));
    },
  };
}
