import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { EndpointId, FailoverEvent } from '@failover/core';
import { isOutcomeUnknown } from '@failover/core';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { probeMasters } from '../test-kit/probe-masters.ts';
import { untilWith } from '../test-kit/until.ts';
import type { RedisTestbed } from '../testing/index.ts';
import { seeRole } from '../testing/inspect.ts';
import { flipReadOnly, launchCluster, launchReplication, luaThatTakes, replicaOf } from '../testing/index.ts';
import type { FailoverRedis } from './open-client.ts';
import { createClient } from './create-client.ts';

let bed: RedisTestbed;
let client: FailoverRedis;
let events: FailoverEvent[];

async function open(launched: Promise<RedisTestbed>): Promise<EndpointId> {
  bed = await launched;
  client = createClient({ ...bed.config, downAfterMs: 1000 });
  events = [];
  client.events$.subscribe((event) => events.push(event));
  client.redis.on('error', () => undefined);
  await client.redis.ping();
  const primary = await bed.primary();
  if (primary === undefined) throw new Error('the testbed has no primary');
  return primary;
}

afterEach(async () => {
  await client.close();
  await bed[Symbol.asyncDispose]();
});

const eventsOf = <T extends FailoverEvent['type']>(type: T): Extract<FailoverEvent, { type: T }>[] =>
  events.filter((event): event is Extract<FailoverEvent, { type: T }> => event.type === type);

const until = untilWith(() => events);

/** Appends unique values, one after the other, until told to stop. */
function writer(redis: Redis, name: string) {
  /** When they were sent. */
  const acknowledged = new Map<string, number>();
  const unknown = new Set<string>();
  const others: unknown[] = [];
  let lastAt = 0;
  let isStopped = false;
  async function run(): Promise<void> {
    for (let at = 0; !isStopped; at += 1) {
      const value = `${name}:${at}`;
      const sentAt = performance.now();
      try {
        await redis.rpush('values', value);
        acknowledged.set(value, sentAt);
        lastAt = performance.now();
      } catch (error) {
        if (isOutcomeUnknown(error)) unknown.add(value);
        else others.push(error);
      }
    }
  }
  const done = run();
  return {
    acknowledged,
    unknown,
    others,
    lastAt: () => lastAt,
    async stop() {
      isStopped = true;
      await done;
    },
  };
}

/** A library of functions, which replicates as data does. */
const library = `#!lua name=sums
redis.register_function('double', function(keys) return redis.call('GET', keys[1]) * 2 end)`;

/** Four duplicates write through a fault and what comes after it; returns what is to be said of it. */
async function writeThrough(
  fault: () => void | Promise<void>,
  aftermath: () => void | Promise<void> = () => undefined,
) {
  const writers = Array.from({ length: 4 }, (_, at) => writer(client.redis.duplicate(), `w${at}`));
  await until(() => writers.every((each) => each.acknowledged.size > 50));
  const faultAt = performance.now();
  await fault();
  await until(() => eventsOf('claimAccepted').some((event) => event.at > faultAt));
  const switchedAt = eventsOf('claimAccepted').find((event) => event.at > faultAt)?.at ?? NaN;
  await aftermath();
  const overAt = performance.now();
  await until(() => writers.every((each) => each.lastAt() > overAt + 200));
  for (const each of writers) await each.stop();
  const values = await client.redis.lrange('values', 0, -1);
  const acknowledged = writers.flatMap((each) => [...each.acknowledged]);
  const found = new Set(values);
  return {
    faultAt,
    switchedAt,
    doubled: values.length - found.size,
    lost: acknowledged.filter(([value]) => !found.has(value)),
    unknown: writers.flatMap((each) => [...each.unknown]),
    others: writers.flatMap((each) => each.others),
    isOrdered: writers.every((_, at) => {
      const own = values
        .filter((value) => value.startsWith(`w${at}:`))
        .map((value) => Number(value.slice(3)));
      return own.every((value, index) => index === 0 || value > (own[index - 1] ?? NaN));
    }),
  };
}

describe('on Sentinel', () => {
  it.each(['kill', 'hang'] as const)(
    '[1] [2] nothing is lost by us, doubled or reordered when a primary is gone: %s',
    async (how) => {
      const primary = await open(launchCluster());
      const told = await writeThrough(() => bed[how](primary));
      expect(told.doubled).toBe(0);
      expect(told.isOrdered).toBe(true);
      // What the old primary acknowledged and did not replicate in time is Redis' own loss.
      expect(told.lost.filter(([, sentAt]) => sentAt > told.faultAt)).toEqual([]);
      expect(told.unknown.length).toBeLessThanOrEqual(4);
      expect(told.others).toEqual([]);
      expect(client.redis.status).toBe('ready');
    },
  );

  it('acknowledges nothing that an old primary is told that comes back and still says master', async () => {
    const primary = await open(launchCluster());
    const told = await writeThrough(
      () => bed.hang(primary),
      async () => {
        bed.resume(primary);
        expect(await seeRole(bed.runtime, primary)).toMatchObject({ type: 'master' });
        await until(async () => (await seeRole(bed.runtime, primary)).type === 'slave');
      },
    );
    // What it was told is gone with the role, and what was under way to it when it hung is unknown.
    expect(told.lost.filter(([, sentAt]) => sentAt > told.faultAt)).toEqual([]);
    expect(told.doubled).toBe(0);
    expect(told.isOrdered).toBe(true);
    expect(told.unknown.length).toBeLessThanOrEqual(4);
    expect(told.others).toEqual([]);
    expect(
      eventsOf('claimAccepted').filter(({ at, server }) => at > told.faultAt && server === primary),
    ).toEqual([]);
  });

  it('leaves the old primary with SENTINEL FAILOVER, and acknowledges nothing that it forgets', async () => {
    const primary = await open(launchCluster());
    using raw = probeMasters(bed.servers.filter((server) => server !== primary));
    const told = await writeThrough(() => bed.forceFailover());
    expect(told.doubled).toBe(0);
    expect(told.isOrdered).toBe(true);
    expect(told.lost.filter(([, sentAt]) => sentAt > told.switchedAt)).toEqual([]);
    expect(told.others).toEqual([]);
    // As soon as the successor says master: the old primary acknowledges what it will forget until it is told.
    expect(raw.seenAt.filter((at) => at < told.switchedAt).length).toBeLessThan(15);
  });

  it('[22] takes subscriptions, scripts, functions and transactions along, and tells of what was blocked', async () => {
    const primary = await open(launchCluster());
    const { redis } = client;
    const subscriber = redis.duplicate();
    const subscribedAt = performance.now();
    await subscriber.subscribe('news');
    redis.defineCommand('add', { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
    type Adding = { add(key: string, by: number): Promise<number> };
    const adding = redis as unknown as Adding;
    await adding.add('sum', 1);
    await adding.add('sum', 1);
    await redis.function('LOAD', library);
    expect(await redis.wait(1, 30_000)).toBeGreaterThan(0);
    const blocked = redis.duplicate().blpop('list', 0);
    blocked.catch(() => undefined);
    const half = redis.duplicate();
    await half.multi({ pipeline: false });
    await half.set('half', 'written');
    await until(() => client.counters['pinnedUpstreams'] === 4);

    const killedAt = performance.now();
    bed.kill(primary);
    await expect(blocked).rejects.toMatchObject({
      code: 'outcome-unknown',
      operation: 'BLPOP',
      server: primary,
    });
    // One connection that closes may be its own affair, and an answer that was under way may end the doubt again: what
    // is sent before it is certain may be unknown.
    await until(() =>
      eventsOf('availabilityChanged').some(({ server, to }) => server === primary && to === 'down'),
    );
    const transaction = redis.multi();
    void (transaction as unknown as Adding).add('sum', 1);
    expect(await transaction.exec()).toEqual([[null, 3]]);
    await expect(half.exec()).rejects.toMatchObject({ code: 'not-sent' });
    expect(await redis.get('half')).toBe(null);
    expect(await adding.add('sum', 1)).toBe(4);
    expect(await redis.fcall('double', 1, 'sum')).toBe(8);

    const message = once(subscriber, 'message');
    await until(() => client.counters['pinnedUpstreams'] !== 0);
    const publishing = setInterval(() => void redis.publish('news', 'hello'), 20);
    expect(await message).toEqual(['news', 'hello']);
    const heardAt = performance.now();
    clearInterval(publishing);
    // From when it was heard last, which may be before the fault, until the successor has the subscription.
    const successor = eventsOf('claimAccepted').find(({ at }) => at > killedAt);
    const [gap, ...more] = eventsOf('subscriptionGap');
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ server: successor?.server, subscriptions: 1 });
    const inOrder = [subscribedAt, gap?.from, successor?.at, gap?.to, heardAt].map(Number);
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    const popped = redis.duplicate().blpop('list', 0);
    await redis.rpush('list', 'late');
    expect(await popped).toEqual(['list', 'late']);
  });

  it('rejects what is in flight as unknown, with command, server and epoch, in pipelines too', async () => {
    const primary = await open(launchCluster());
    bed.hang(primary);
    const single = client.redis.incr('n');
    const pipeline = client.redis.pipeline().incr('n').get('n').exec();
    const transaction = client.redis.duplicate().multi().incr('other').exec();
    const expected = { code: 'outcome-unknown', operation: 'INCR', server: primary, epoch: [0, 0] };
    await expect(single).rejects.toMatchObject(expected);
    // A read in flight changed nothing, so it was asked again.
    const replies = await pipeline;
    expect(replies?.[0]?.[0]).toMatchObject(expected);
    expect(replies?.[1]).toEqual([null, null]);
    await transaction.then(
      (value) => expect(value).toEqual([[null, 1]]),
      (error: unknown) => expect(error).toMatchObject({ code: 'outcome-unknown' }),
    );
    bed.resume(primary);
  });

  it('closes while a failover goes on: what waits and what hangs is settled', async () => {
    const primary = await open(launchCluster());
    bed.hang(primary);
    const hanging = settle(client.redis.incr('n'));
    await until(() => eventsOf('stateChanged').some((event) => event.to === 'suspect'));
    const held = settle(client.redis.duplicate().incr('n'));
    await client.close();
    expect(['outcome-unknown', 'closed']).toContain((await hanging).code);
    expect((await held).message).toBe('Connection is closed.');
    expect(client.redis.status).toBe('end');
    bed.resume(primary);
  });
});

describe('on plain replication', () => {
  it('is followed when an operator moves the primary', async () => {
    const primary = await open(launchReplication());
    const other = bed.servers.find((server) => server !== primary) ?? primary;
    const told = await writeThrough(async () => {
      await replicaOf(bed, other, undefined);
      for (const server of bed.servers) if (server !== other) await replicaOf(bed, server, other);
    });
    expect(told.doubled).toBe(0);
    expect(told.isOrdered).toBe(true);
    expect(told.others).toEqual([]);
    expect(await bed.primary()).toBe(other);
  });

  it('[34] is followed when its successor is followed by another within two seconds', async () => {
    const primary = await open(launchReplication());
    const [second, third] = bed.servers.filter((server) => server !== primary);
    if (second === undefined || third === undefined) throw new Error('three servers');
    async function move(to: EndpointId): Promise<void> {
      await replicaOf(bed, to, undefined);
      for (const server of bed.servers) if (server !== to) await replicaOf(bed, server, to);
    }
    const told = await writeThrough(
      () => move(second),
      async () => {
        await move(third);
        await until(() => eventsOf('claimAccepted').at(-1)?.server === third);
      },
    );
    expect(told.doubled).toBe(0);
    expect(told.isOrdered).toBe(true);
    expect(told.others).toEqual([]);
    const accepted = eventsOf('claimAccepted');
    expect(accepted.map(({ server }) => server)).toEqual([primary, second, third]);
    expect(accepted.map(({ epoch }) => epoch)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    expect((accepted[2]?.at ?? NaN) - told.faultAt).toBeLessThan(2000);
    expect(await bed.primary()).toBe(third);
  });

  it('[14] sends a refused command again, once, when the server is primary again', async () => {
    const primary = await open(launchReplication());
    const heal = await flipReadOnly(bed, primary);
    const counted = client.redis.incr('n');
    await until(() => (client.counters['refusals'] ?? 0) > 0 || eventsOf('claimWithdrawn').length > 0);
    await heal();
    expect(await counted).toBe(1);
    expect(await client.redis.get('n')).toBe('1');
  });

  it('does not cut a script that computes for three seconds', async () => {
    const primary = await open(launchReplication());
    // On a busy machine it may take much longer, and then others must not be told BUSY.
    await bed.ask(primary, 'CONFIG', 'SET', 'lua-time-limit', '60000');
    const startedAt = performance.now();
    const slow = client.redis.duplicate().eval(luaThatTakes(3000), 0);
    const beside = client.redis.get('slow');
    expect(await slow).toBe('done');
    expect(performance.now() - startedAt).toBeGreaterThan(2900);
    await beside;
    expect(client.counters['unknown']).toBe(0);
    expect(await bed.primary()).toBe(primary);
  });

  it('answers again after the primary hung and no other can be promoted', async () => {
    const primary = await open(launchReplication());
    bed.hang(primary);
    const asked = client.redis.get('a');
    await until(() => eventsOf('availabilityChanged').some((event) => event.server === primary));
    bed.resume(primary);
    expect(await asked).toBe(null);
    expect(await client.redis.set('a', '1')).toBe('OK');
  });
});

interface Settled {
  readonly code?: unknown;
  readonly message?: string;
}

const settle = (promise: Promise<unknown>): Promise<Settled> =>
  promise.then(
    () => ({ code: 'ok' }),
    (error: unknown) => error as Settled,
  );
