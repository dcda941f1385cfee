import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { load } from '../testing/index.ts';
import type { RealGateway } from './test-kit/real-gateway.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';

let real: RealGateway;
let clients: Redis[] = [];

beforeAll(async () => {
  real = await openRealGateway();
});

afterEach(() => {
  for (const client of clients) client.disconnect();
  clients = [];
});

afterAll(async () => {
  await real[Symbol.asyncDispose]();
});

function connect(role: 'primary' | 'replica' = 'primary'): Redis {
  const client = new Redis({ port: real.ports[role], enableReadyCheck: false, retryStrategy: () => null });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const config = async (server: string, name: string, value: string): Promise<void> => {
  const found = real.bed.servers.find((each) => each === server);
  if (found !== undefined) await real.bed.ask(found, 'CONFIG', 'SET', name, value);
};
const refusals = (): number => real.session.counters['refusals'] ?? 0;

/** Counts upwards until told to stop: a number that is skipped or comes twice was executed twice, or never. */
function counter(redis: Redis, key: string) {
  const seen: number[] = [];
  const errors: string[] = [];
  let isStopped = false;
  const done = (async () => {
    while (!isStopped) {
      await redis.incr(key).then(
        (value) => seen.push(value),
        (error: unknown) => errors.push((error as Error).message),
      );
    }
  })();
  return {
    seen,
    errors,
    async stop() {
      isStopped = true;
      await done;
    },
  };
}

describe('what a real server refuses', () => {
  it('[33] waits while it has too few replicas (NOREPLICAS), and runs once', async () => {
    const counting = counter(connect(), 'few');
    await until(() => counting.seen.length > 20);
    const before = refusals();
    await config(real.first, 'min-replicas-to-write', '5');
    await until(() => refusals() > before);
    await config(real.first, 'min-replicas-to-write', '0');
    const count = counting.seen.length;
    await until(() => counting.seen.length > count + 20);
    await counting.stop();
    expect(counting.errors).toEqual([]);
    expect(counting.seen).toEqual(counting.seen.map((_, at) => at + 1));
  });

  it('[32] waits while it loads its data (LOADING), and runs once', async () => {
    const counting = counter(connect(), 'loads');
    await until(() => counting.seen.length > 20);
    // Its data is loaded again from disk, so what it counted meanwhile stays.
    await load(real.bed, real.first, 400);
    const count = counting.seen.length;
    await until(() => counting.seen.length > count + 20);
    await counting.stop();
    expect(counting.errors).toEqual([]);
    expect(counting.seen).toEqual(counting.seen.map((_, at) => at + 1));
  });

  it('hears of OOM what a direct client hears, and goes on with what needs no memory', async () => {
    const client = connect();
    await client.set('small', '1');
    await config(real.first, 'maxmemory', '1');
    try {
      await expect(client.set('more', 'x')).rejects.toThrow(/^OOM command not allowed/);
      expect(await client.get('small')).toBe('1');
      expect(await client.del('small')).toBe(1);
    } finally {
      await config(real.first, 'maxmemory', '256mb');
    }
  });

  it('reads where a replica may still serve, when another says MASTERDOWN', async () => {
    const [first, second] = real.bed.servers.filter((server) => server !== real.first);
    if (first === undefined || second === undefined) throw new Error('two replicas are needed');
    const [writing, reading] = [connect(), connect('replica')];
    await writing.set('a', 'value');
    await until(async () => (await reading.get('a')) === 'value');
    await config(first, 'replica-serve-stale-data', 'no');
    // It follows a primary that is not there: its link is down, and it says so to each reader.
    await real.bed.ask(first, 'REPLICAOF', '127.0.0.1', '1');
    for (let at = 0; at < 50; at += 1) expect(await reading.get('a')).toBe('value');
    await config(first, 'replica-serve-stale-data', 'yes');
  });
});
