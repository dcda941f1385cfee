import type { Cluster, Redis } from 'ioredis';
import type { Driver } from './driver.ts';

/** A worker's view of an ioredis, whoever made it. */
export function ioredisDriver(redis: Redis | Cluster): Driver {
  // Without a listener every lost connection is printed.
  redis.on('error', () => undefined);
  return {
    rpush: (key, value) => redis.rpush(key, value),
    incr: (key) => redis.incr(key),
    read: (key) => redis.lrange(key, 0, -1),
    get: (key) => redis.get(key),
    set: (key, value) => redis.set(key, value),
    onClose: (listener) => void redis.on('close', listener),
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
