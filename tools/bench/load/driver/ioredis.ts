import type { Redis } from 'ioredis';
import type { Driver, Drivers, DriverSpec } from './driver.ts';
import { openIoredis } from './open-ioredis.ts';

export function ioredisDriver(redis: Redis): Driver {
  // Without a listener every lost connection is printed.
  redis.on('error', () => undefined);
  return {
    rpush: (key, value) => redis.rpush(key, value),
    incr: (key) => redis.incr(key),
    read: (key) => redis.lrange(key, 0, -1),
    get: (key) => redis.get(key),
    onClose: (listener) => void redis.on('close', listener),
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

export async function ioredisDrivers(spec: DriverSpec, count: number): Promise<Drivers> {
  const clients = await Promise.all(Array.from({ length: count }, () => openIoredis(spec)));
  const all = clients.map(ioredisDriver);
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((driver) => driver.close()));
    },
  };
}
