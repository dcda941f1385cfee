import { Redis } from 'ioredis';
import { keySlot } from '../../key-slot.ts';
import type { ClusterAddress, Driver, Drivers } from './driver.ts';
import { ioredisDriver } from './ioredis-driver.ts';

/**
 * No client of a cluster at all: one connection to each primary of now, shared by all workers, and what is lost stays lost.
 */
export async function directDrivers({ nodes }: ClusterAddress, count: number): Promise<Drivers> {
  const opened: Redis[] = [];
  const open = (host: string, port: number): Redis => {
    const redis = new Redis({ host, port, retryStrategy: () => null });
    opened.push(redis);
    return redis;
  };
  const { hostname, port } = new URL(`redis://${String(nodes[0])}`);
  const shards = (await open(hostname, Number(port)).cluster('SLOTS')).map(([from, to, primary]) => {
    if (primary === undefined) throw new Error(`nobody serves the slots from ${from} on`);
    const [host, port] = primary;
    return { from, to, driver: ioredisDriver(open(host, port)) };
  });

  function of(key: string): Driver {
    const slot = keySlot(key);
    const shard = shards.find(({ from, to }) => from <= slot && slot <= to);
    if (shard === undefined) throw new Error(`nobody has the slot of ${key}`);
    return shard.driver;
  }

  const driver: Driver = {
    rpush: (key, value) => of(key).rpush(key, value),
    incr: (key) => of(key).incr(key),
    get: (key) => of(key).get(key),
    set: (key, value) => of(key).set(key, value),
    read: (key) => of(key).read(key),
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
