import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RedisTestbed } from '../testing/index.ts';
import { launchReplication } from '../testing/index.ts';
import type { FailoverRedis } from './open-client.ts';
import { createClient } from './create-client.ts';

let bed: RedisTestbed;
let client: FailoverRedis;

beforeAll(async () => {
  bed = await launchReplication({ servers: 1 });
});
afterAll(() => bed[Symbol.asyncDispose]());

describe.each([2, 3] as const)('an instance that speaks RESP%i', (protocol) => {
  beforeEach(async () => {
    client = createClient({ servers: [...bed.servers] }, { ioredis: { protocol, connectionName: 'me' } });
    client.redis.on('error', () => undefined);
    await client.redis.flushall();
  });
  afterEach(() => client.close());

  it('answers single commands, text and bytes of any size', async () => {
    const { redis } = client;
    const big = Buffer.alloc(3_000_000, 7);
    expect(await redis.set('big', big)).toBe('OK');
    expect((await redis.getBuffer('big'))?.equals(big)).toBe(true);
    const long = 'é☃'.repeat(70_000);
    await redis.set('long', long);
    expect(await redis.get('long')).toBe(long);
    expect(await redis.get('nothing')).toBe(null);
    await expect(redis.incr('long')).rejects.toThrow('ERR value is not an integer or out of range');
    expect(await redis.client('GETNAME')).toBe('me');
  });

  it('keeps the order of commands that nobody waits for, whatever kind of connection they need', async () => {
    const { redis } = client;
    const replies = await Promise.all([
      redis.set('a', '1'),
      redis.incr('a'),
      redis.info('server'),
      redis.incr('a'),
      redis.eval('return redis.call("INCR", KEYS[1])', 1, 'a'),
      redis.get('a'),
      redis.set('wide', 'x'.repeat(200_000)),
      redis.incr('a'),
    ]);
    expect([replies[1], replies[3], replies[4], replies[5], replies[7]]).toEqual([2, 3, 4, '4', 5]);
  });

  it('runs pipelines, transactions in both forms, and WATCH', async () => {
    const { redis } = client;
    expect(await redis.pipeline().set('a', 1).incr('a').get('nothing').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, null],
    ]);
    expect(await redis.multi().set('a', 1).incr('a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    await redis.multi({ pipeline: false });
    await redis.set('b', '1');
    expect(await redis.exec()).toEqual([[null, 'OK']]);
    const other = redis.duplicate();
    await redis.watch('a');
    await other.set('a', '9');
    expect(await redis.multi().set('a', 3).exec()).toBe(null);
    expect(await redis.get('a')).toBe('9');
  });

  it('runs scripts that it defined, also after the server forgot them', async () => {
    const { redis } = client;
    redis.defineCommand('pair', { numberOfKeys: 1, lua: 'return {KEYS[1],ARGV[1]}' });
    const { pair } = redis as unknown as { pair(key: string, value: string): Promise<unknown> };
    const run = (value: string): Promise<unknown> => pair.call(redis, 'k', value);
    expect(await run('é☃')).toEqual(['k', 'é☃']);
    expect(await run('2')).toEqual(['k', '2']);
    await redis.script('FLUSH');
    expect(await run('3')).toEqual(['k', '3']);
  });

  it('waits in blocking commands without delaying others', async () => {
    const { redis } = client;
    const waiting = redis.duplicate();
    const popped = waiting.blpop('list', 0);
    expect(await redis.ping()).toBe('PONG');
    await redis.rpush('list', 'v');
    expect(await popped).toEqual(['list', 'v']);
  });

  it('subscribes, gets messages, and quits as a subscriber', async () => {
    const subscriber = client.redis.duplicate();
    const message = once(subscriber, 'message');
    expect(await subscriber.subscribe('c1', 'c2')).toBe(2);
    await client.redis.publish('c2', 'hi');
    expect(await message).toEqual(['c2', 'hi']);
    expect(await subscriber.unsubscribe('c1')).toBe(1);
    const ended = once(subscriber, 'end');
    expect(await subscriber.quit()).toBe('OK');
    await ended;
  });

  it('can be duplicated with other options, and duplicates again', async () => {
    const other = client.redis.duplicate({ db: 4, connectionName: 'you' });
    await other.set('here', 'yes');
    expect(await client.redis.get('here')).toBe(null);
    expect(await other.client('GETNAME')).toBe('you');
    const third = other.duplicate();
    expect(await third.get('here')).toBe('yes');
    await third.select(0);
    expect(await third.get('here')).toBe(null);
  });

  it('scans, and pipelines by itself', async () => {
    const { redis } = client;
    await redis.mset(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key:${at}`, at])));
    const keys: string[] = [];
    for await (const some of redis.scanStream({ match: 'key:*' })) keys.push(...(some as string[]));
    expect(new Set(keys).size).toBe(300);
    const auto = redis.duplicate({ enableAutoPipelining: true });
    await auto.ping();
    expect(await Promise.all([auto.set('q', 1), auto.get('q'), auto.incr('q')])).toEqual(['OK', '1', 2]);
  });

  it('ends on quit, connects again, and can be lazy', async () => {
    const lazy = client.redis.duplicate({ lazyConnect: true });
    expect(lazy.status).toBe('wait');
    await lazy.connect();
    expect(lazy.status).toBe('ready');
    const ended = once(lazy, 'end');
    expect(await lazy.quit()).toBe('OK');
    await ended;
    await expect(lazy.get('a')).rejects.toThrow(/^Connection is closed\.$/);
    await lazy.connect();
    expect(await lazy.ping()).toBe('PONG');
  });

  it('lets replies in flight still arrive after disconnect', async () => {
    const { redis } = client;
    await redis.ping();
    const counted = redis.incr('n');
    redis.disconnect();
    expect(await counted).toBe(1);
  });
});
