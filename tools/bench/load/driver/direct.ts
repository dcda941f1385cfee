import { Redis } from 'ioredis';
import type { ClusterAddress, Driver, Drivers } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

/**
 * No client of a cluster at all: one connection to each primary of now, shared by all workers. The server says once
 * for each key whose it is, and what is lost stays lost.
 */
export async function directDrivers({ nodes }: ClusterAddress, count: number): Promise<Drivers> {
  const opened: Redis[] = [];
  const open = (host: string, port: number): Redis => {
    const redis = new Redis({ host, port, retryStrategy: () => null });
    opened.push(redis);
    return redis;
  };
  const { hostname, port } = new URL(`redis://${String(nodes[0])}`);
  const first = open(hostname, Number(port));
  const shards = (await first.cluster('SLOTS')).map(([from, to, primary]) => {
    if (primary === undefined) throw new Error(`nobody serves the slots from ${from} on`);
    const [host, port] = primary;
    return { from, to, driver: ioredisDriver(open(host, port)) };
  });
  const known = new Map<string, Promise<Driver>>();

  async function find(key: string): Promise<Driver> {
    const slot = await first.cluster('KEYSLOT', key);
    const shard = shards.find(({ from, to }) => from <= slot && slot <= to);
    if (shard === undefined) throw new Error(`nobody has the slot of ${key}`);
    return shard.driver;
  }

  function of(key: string): Promise<Driver> {
    const found = known.get(key) ?? find(key);
    known.set(key, found);
    return found;
  }

  const driver: Driver = {
    rpush: async (key, value) => (await of(key)).rpush(key, value),
    incr: async (key) => (await of(key)).incr(key),
    get: async (key) => (await of(key)).get(key),
    set: async (key, value) => (await of(key)).set(key, value),
    read: async (key) => (await of(key)).read(key),
    onClose: () => undefined,
    close: () => Promise.resolve(),
  };
  return {
    all: new Array(count).fill(driver),
    [Symbol.asyncDispose]() {
      for (const redis of opened) redis.disconnect();
      return Promise.resolve();
    },
  };
}
