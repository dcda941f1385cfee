import { createSentinel } from 'redis';
import type { Driver, Drivers, DriverSpec } from './driver.ts';

type NodeRedisSpec = Extract<DriverSpec, { type: 'nodeRedisSentinel' }>;

/** node-redis as it comes: only the address is set. */
async function connectOne(spec: NodeRedisSpec): Promise<Driver> {
  const sentinel = createSentinel({
    name: spec.name,
    sentinelRootNodes: spec.sentinelPorts.map((port) => ({ host: '127.0.0.1', port })),
  });
  sentinel.on('error', () => undefined);
  await sentinel.connect();
  return {
    rpush: (key, value) => sentinel.rPush(key, value),
    incr: (key) => sentinel.incr(key),
    get: (key) => sentinel.get(key),
    set: (key, value) => sentinel.set(key, value),
    onClose: () => undefined,
    read: (key) => sentinel.lRange(key, 0, -1),
    close: () => {
      return Promise.resolve(sentinel.destroy());
    },
  };
}

export async function nodeRedisDrivers(spec: NodeRedisSpec, count: number): Promise<Drivers> {
  const all = await Promise.all(Array.from({ length: count }, () => connectOne(spec)));
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((driver) => driver.close()));
    },
  };
}
