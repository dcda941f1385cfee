import type { EndpointId, FailoverEvent } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keySlot } from '../protocol/key-slot.ts';
import { textOf } from '../protocol/value.ts';
import { keysOf } from '../test-kit/shard-keys.ts';
import { until } from '../test-kit/until.ts';
import type { Shard, ShardsTestbed } from '../testing/index.ts';
import { launchShards } from '../testing/index.ts';
import type { ClusterClientOptions } from './create-client.ts';
import { createClusterClient } from './create-client.ts';
import type { FailoverRedisCluster } from './open-cluster-client.ts';

let bed: ShardsTestbed;
let opened: FailoverRedisCluster[] = [];

beforeAll(async () => {
  bed = await launchShards();
});
afterEach(async () => {
  for (const { close } of opened) await close();
  opened = [];
});
afterAll(() => bed?.[Symbol.asyncDispose]());

/** With what it has been told, of itself and of its cluster. */
function open(options: ClusterClientOptions = {}) {
  const client = createClusterClient({ cluster: bed.nodes.slice(0, 3), holdMs: 20_000 }, options);
  opened.push(client);
  const events: FailoverEvent[] = [];
  const status: string[] = [];
  client.events$.subscribe((each) => events.push(each));
  for (const event of ['close', 'reconnecting', 'error', 'node error'])
    client.cluster.on(event, () => status.push(event));
  return {
    redis: client.cluster,
    status,
    gaps: () => events.filter(({ type }) => type === 'subscriptionGap'),
    shards: () => [...client.topology.targets.values()].filter(({ role }) => role === 'primary').length,
    targets: () => client.topology.targets.size,
    servers: () => [...client.topology.servers.keys()],
  };
}

const forMs = 60_000;

async function shardAt(at: number): Promise<Shard & { readonly replica: EndpointId }> {
  const shard = (await bed.shards())[at];
  const replica = shard?.replicas[0];
  if (shard === undefined || replica === undefined) throw new Error('no such shard');
  return { ...shard, replica };
}

const keyOf = (shard: Shard, prefix: string): string => keysOf(shard, true, 1, prefix)[0] ?? '';

/** How many GET this server has had. */
async function gets(server: EndpointId): Promise<number> {
  const text = textOf(await bed.ask(server, 'INFO', 'commandstats')) ?? '';
  return Number(/cmdstat_get:calls=(\d+)/.exec(text)?.[1] ?? 0);
}

describe('an ioredis Cluster that reads from replicas', { timeout: 2 * forMs }, () => {
  it('has those of the right shard answer, and the primary while there are none', async () => {
    const shard = await shardAt(1);
    const key = keyOf(shard, 'read');
    const { redis } = open({ ioredis: { scaleReads: 'slave' } });
    await redis.set(key, 'x');
    await until(async () => (await redis.get(key)) === 'x' && (await gets(shard.replica)) > 0);
    const [before, onPrimary] = [await gets(shard.replica), await gets(shard.primary)];
    for (let left = 20; left > 0; left -= 1) expect(await redis.get(key)).toBe('x');
    expect(await gets(shard.replica)).toBe(before + 20);
    expect(await gets(shard.primary)).toBe(onPrimary);
    await redis.set(key, 'y');
    await until(async () => (await redis.get(key)) === 'y');

    bed.hang(shard.replica);
    for (let left = 5; left > 0; left -= 1) expect(await redis.get(key)).toBe('y');
    expect(await gets(shard.primary)).toBeGreaterThan(onPrimary);
    bed.resume(shard.replica);
    const back = await gets(shard.replica);
    await until(async () => (await redis.get(key)) === 'y' && (await gets(shard.replica)) > back);
    await bed.settled(forMs);
  });
});

describe('a shard channel of an ioredis Cluster', { timeout: 2 * forMs }, () => {
  it('is heard again when its slot has moved, and when its shard failed over, and the gap is told', async () => {
    const [from, to] = [await shardAt(0), await shardAt(1)];
    const channel = keyOf(from, 'channel');
    const { redis, status, gaps } = open();
    const heard: string[] = [];
    redis.on('smessage', (_channel: string, text: string) => heard.push(text));
    await redis.ssubscribe(channel);
    const hears = (text: string): Promise<void> =>
      until(async () => Number(await redis.spublish(channel, text)) >= 0 && heard.includes(text));
    await hears('first');

    await bed.moveSlots([keySlot(Buffer.from(channel))], to.primary);
    await hears('moved');
    expect(gaps()).toMatchObject([{ server: to.primary, subscriptions: 1 }]);

    await bed.failover(to.replica);
    await hears('failed over');
    expect(gaps().at(-1)).toMatchObject({ server: to.replica, subscriptions: 1 });
    expect(status).toEqual([]);
    await bed.settled(forMs);
  });
});

describe('a shard that comes and goes', { timeout: 3 * forMs }, () => {
  it('is a target while it has slots, and nobody watches its node once all have forgotten it', async () => {
    const { redis, shards, targets, servers, status } = open();
    await redis.set('a', '1');
    expect(shards()).toBe(3);
    const target = await shardAt(0);
    const { replica: node } = await shardAt(2);
    const others = bed.nodes.filter((each) => each !== node);
    const forget = async (): Promise<void> => {
      const id = textOf(await bed.ask(node, 'CLUSTER', 'MYID')) ?? '';
      for (const each of others) await bed.ask(each, 'CLUSTER', 'FORGET', id);
      await bed.ask(node, 'CLUSTER', 'RESET', 'HARD');
    };
    await forget();
    const some = others[0] as EndpointId;
    const own = textOf(await bed.ask(some, 'CLUSTER', 'NODES')) ?? '';
    const busPort = /@(\d+)\S* myself/.exec(own)?.[1] ?? '';
    await bed.ask(node, 'CLUSTER', 'MEET', hostOf(some), String(portOf(some)), busPort);
    const id = textOf(await bed.ask(node, 'CLUSTER', 'MYID')) ?? '';
    await until(async () => {
      const seen = await Promise.all(others.map((each) => bed.ask(each, 'CLUSTER', 'NODES')));
      return seen.every((reply) => (textOf(reply) ?? '').includes(id));
    });
    await bed.settled(forMs);

    const keys = [0, 1, 2].map((at) => keyOf(target, `{${keyOf(target, `tag${at}-`)}}`));
    const slots = keys.map((key) => keySlot(Buffer.from(key)));
    for (const key of keys) await redis.set(key, key);
    await bed.moveSlots(slots, node);
    await until(() => shards() === 4);
    for (const key of keys) expect(await redis.get(key)).toBe(key);

    await bed.moveSlots(slots, target.primary);
    await until(() => targets() === 6);
    for (const key of keys) expect(await redis.get(key)).toBe(key);
    await forget();
    await until(() => !servers().includes(node));
    expect(targets()).toBe(6);
    await until(
      async () =>
        (textOf(await bed.ask(node, 'CLIENT', 'LIST', 'TYPE', 'normal')) ?? '').trim().split('\n').length ===
        1,
    );
    expect(status).toEqual([]);
  });
});
