import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Cluster, EndpointId, GatewaySession } from '@failover/core';
import { createCluster, endpointOf, isOutcomeUnknown, systemRuntime } from '@failover/core';
import { Cluster as IoredisCluster, Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../adapter.ts';
import { createClusterClient } from '../../client/create-client.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { keysOf } from '../../test-kit/shard-keys.ts';
import { until } from '../../test-kit/until.ts';
import type { Shard, ShardsTestbed } from '../../testing/index.ts';
import { launchShards } from '../../testing/index.ts';
import { gateway } from '../index.ts';

let bed: ShardsTestbed;
let cluster: Cluster;
let session: GatewaySession;
let servers: Server[] = [];
let ports: Readonly<Record<'primary' | 'replica', number>>;
let closed = 0;
let clients: { disconnect(): void }[] = [];

beforeAll(async () => {
  bed = await launchShards();
  const runtime = systemRuntime();
  const config = adapter.config.parse({ ...bed.config, holdMs: 20_000 });
  cluster = createCluster(adapter, config, { runtime, hold: { windowMs: config.holdMs } });
  session = gateway.open(cluster, config, runtime);
  const drain = new AbortController();
  const listen = async (role: 'primary' | 'replica'): Promise<number> => {
    const server = createServer({ noDelay: true }, (socket) => {
      const reachedAt = endpointOf('127.0.0.1', socket.localPort ?? 0);
      void session.serve(socket, { role, address: 'test', reachedAt, drain: drain.signal });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  ports = { primary: await listen('primary'), replica: await listen('replica') };
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  clients = [];
  // After a move and a promotion Redis 7.0 may not agree whose a slot is, for ever.
  await bed.settleSlots();
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
  for (const server of servers) server.close();
  servers = [];
  await bed[Symbol.asyncDispose]();
});

/** A client that knows of no cluster and never connects again: if its connection is closed, it counts. */
function connect(role: 'primary' | 'replica' = 'primary', protocol: 2 | 3 = 2): Redis {
  const client = new Redis({
    port: ports[role],
    enableReadyCheck: false,
    retryStrategy: () => null,
    protocol,
  });
  client.on('error', () => undefined);
  client.on('close', () => {
    if (clients.includes(client)) closed += 1;
  });
  clients.push(client);
  return client;
}

async function shardAt(at: number): Promise<Shard> {
  const shard = (await bed.shards())[at];
  if (shard === undefined) throw new Error('no such shard');
  return shard;
}

interface Pushes {
  rpush(key: string, value: string): Promise<unknown>;
}

/** Appends numbers in bursts to a list of its own until told to stop. */
function writer(redis: Pushes, key: string) {
  const acknowledged: string[] = [];
  const errors: Error[] = [];
  let isStopped = false;
  const done = (async () => {
    for (let at = 0; !isStopped; at += 3) {
      await Promise.all(
        [at, at + 1, at + 2].map(async (value) => {
          await redis.rpush(key, String(value)).then(
            () => acknowledged.push(String(value)),
            (error: unknown) => errors.push(error as Error),
          );
        }),
      );
      // As a load that leaves the two processors to the servers too.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    key,
    acknowledged,
    errors,
    async stop() {
      isStopped = true;
      await done;
    },
  };
}

type Writer = ReturnType<typeof writer>;

async function goesOn(writers: readonly Writer[]): Promise<void> {
  const counts = writers.map(({ acknowledged }) => acknowledged.length);
  await until(() => writers.every(({ acknowledged }, at) => acknowledged.length > (counts[at] ?? 0) + 15));
}

/** Nothing twice, everything in order, and lost at most what Redis had not sent to its replica. */
async function judge(
  redis: { lrange(key: string, from: number, to: number): Promise<string[]> },
  writers: readonly Writer[],
) {
  let lost = 0;
  for (const each of writers) {
    const stored = await redis.lrange(each.key, 0, -1);
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored).toEqual([...stored].sort((a, b) => Number(a) - Number(b)));
    lost += each.acknowledged.filter((value) => !stored.includes(value)).length;
  }
  return { lost, told: writers.flatMap(({ errors }) => errors) };
}

const isTold = (error: Error): boolean =>
  isOutcomeUnknown(error) || /^(OUTCOMEUNKNOWN server=|TRYAGAIN failover: not executed)/.test(error.message);

const primaryStates = () =>
  [...cluster.topology.targets].flatMap(([id, { state }]) => (id.endsWith('/primary') ? [state] : []));

async function breakPrimary(shard: Shard, fault: 'kill' | 'hang'): Promise<() => Promise<void>> {
  if (fault === 'kill') bed.kill(shard.primary);
  else bed.hang(shard.primary);
  await until(async () => (await bed.primaryOf(shard.slots[0]?.[0] ?? 0)) === shard.replicas[0]);
  return async () => {
    if (fault === 'kill') await bed.restart(shard.primary);
    else bed.resume(shard.primary);
  };
}

/** Each state of the move is met by some commands. */
const move = async (key: string, to: EndpointId, writers: readonly Writer[]): Promise<void> => {
  const slot = keySlot(Buffer.from(key));
  await bed.beginMove(slot, to);
  await goesOn(writers);
  await bed.migrateKeys(slot, to);
  await goesOn(writers);
  await bed.endMove(slot, to);
};

describe('one port before a whole Redis Cluster', () => {
  it.each(['kill', 'hang'] as const)(
    'keeps its clients through a %s of a primary, and other shards hear nothing of it',
    async (fault) => {
      const shard = await shardAt(fault === 'kill' ? 0 : 1);
      const broken = keysOf(shard, true, 3, fault).map((key) => writer(connect(), key));
      const others = keysOf(shard, false, 2, fault).map((key) => writer(connect(), key));
      await goesOn([...broken, ...others]);
      const successor = breakPrimary(shard, fault);
      // Without its replica the shard is away for as long as it takes to see that the others are not.
      for (const replica of shard.replicas) bed.hang(replica);
      await until(() => primaryStates().some((state) => state !== 'steady'));
      await goesOn(others);
      for (const replica of shard.replicas) bed.resume(replica);
      const heal = await successor;
      await goesOn([...broken, ...others]);
      for (const each of [...broken, ...others]) await each.stop();
      const { lost, told } = await judge(connect(), broken);
      expect(lost).toBeLessThanOrEqual(10);
      for (const error of told) expect(isTold(error)).toBe(true);
      expect(await judge(connect(), others)).toEqual({ lost: 0, told: [] });
      expect(closed).toBe(0);
      await heal();
    },
  );

  it('follows a slot that moves with its keys, and loses, doubles and reorders nothing', async () => {
    const [from, to] = [await shardAt(0), await shardAt(2)];
    const [key = '', other = ''] = keysOf(from, true, 2, 'moved');
    const writers = [writer(connect(), key), writer(connect(), other)];
    await goesOn(writers);
    await move(key, to.primary, writers);
    await goesOn(writers);
    for (const each of writers) await each.stop();
    expect(await judge(connect(), writers)).toEqual({ lost: 0, told: [] });
    expect(await bed.primaryOf(key)).toBe(to.primary);
  });

  it('waits while half of the keys of a command have moved (TRYAGAIN), and answers when all have', async () => {
    const [from, to] = [await shardAt(0), await shardAt(2)];
    const [tag = ''] = keysOf(from, true, 1, 'half');
    const keys = Array.from({ length: 6 }, (_, at) => `{${tag}}${at}`);
    const client = connect();
    await client.mset(Object.fromEntries(keys.map((key) => [key, key])));
    const slot = keySlot(Buffer.from(tag));
    await bed.beginMove(slot, to.primary);
    await bed.migrateKeys(slot, to.primary, 3);
    const before = session.counters['refusals'] ?? 0;
    const read = client.mget(...keys);
    await until(() => (session.counters['refusals'] ?? 0) > before);
    await bed.migrateKeys(slot, to.primary);
    expect(await read).toEqual(keys);
    await bed.endMove(slot, to.primary);
    expect(await client.mget(...keys)).toEqual(keys);
  });

  it('waits while nobody has a slot (CLUSTERDOWN), and goes on when somebody has', async () => {
    const shard = await shardAt(1);
    const [key = ''] = keysOf(shard, true, 1, 'nobody');
    const slot = String(keySlot(Buffer.from(key)));
    const client = connect();
    await client.set(key, '0');
    const before = session.counters['refusals'] ?? 0;
    await bed.ask(shard.primary, 'CLUSTER', 'DELSLOTS', slot);
    const counted = client.incr(key);
    await until(() => (session.counters['refusals'] ?? 0) > before);
    await bed.ask(shard.primary, 'CLUSTER', 'ADDSLOTS', slot);
    // Its keys are still there.
    expect(await counted).toBe(1);
  });

  it('answers for all shards as one server would', async () => {
    const client = connect();
    const keys = Array.from({ length: 30 }, (_, at) => `all${at}`);
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await client.mget(...keys, 'all-none')).toEqual([...keys, null]);
    const seen: string[] = [];
    for await (const found of client.scanStream({ match: 'all*', count: 5 }))
      seen.push(...(found as string[]));
    expect([...seen].sort()).toEqual([...keys].sort());
    expect(await client.exists(...keys)).toBe(30);
    expect(await client.del(...keys.slice(0, 10))).toBe(10);
    await expect(client.mset('all1', '', 'all2', '')).rejects.toThrow(/^CROSSSLOT/);
    expect(await client.multi().set('{all}a', '1').incr('{all}a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    await expect(client.multi().set('all1', '1').set('all2', '1').exec()).rejects.toThrow(
      /^(EXECABORT|CROSSSLOT)/,
    );
    const sha = (await client.script('LOAD', 'return redis.call("GET", KEYS[1])')) as string;
    for (const key of keys.slice(10)) expect(await client.evalsha(sha, 1, key)).toBe(key);
  });

  it.each([2, 3] as const)('brings messages and blocking pops, in RESP%i', async (protocol) => {
    const [subscriber, worker, client] = [
      connect('primary', protocol),
      connect('primary', protocol),
      connect(),
    ];
    const messages: string[] = [];
    subscriber.on('message', (_channel, text: string) => messages.push(text));
    await subscriber.subscribe('news');
    await until(async () => (await client.publish('news', 'x')) >= 0 && messages.length > 0);
    const popped = worker.blpop('queue', 5);
    await client.rpush('queue', 'job');
    expect(await popped).toEqual(['queue', 'job']);
  });

  it('shows a client that is made for clusters one node, which is itself', async () => {
    const client = new IoredisCluster([{ host: '127.0.0.1', port: ports.primary }]);
    clients.push(client);
    await Promise.all(Array.from({ length: 20 }, (_, at) => client.set(`face${at}`, at)));
    expect(await client.get('face7')).toBe('7');
    expect(client.nodes().map(({ options }) => options.port)).toEqual([ports.primary]);
  });

  it('reads from replicas on the listener for replicas', async () => {
    const [writing, reading] = [connect(), connect('replica')];
    const keys = Array.from({ length: 10 }, (_, at) => `read${at}`);
    for (const key of keys) await writing.set(key, key);
    await until(async () => (await reading.mget(...keys)).join() === keys.join());
    await expect(reading.set('read0', '')).rejects.toThrow(/^READONLY/);
  });
});

describe('an ioredis Cluster in process', () => {
  it('goes on through a kill and through a slot that moves', async () => {
    await using client = createClusterClient({ ...bed.config, holdMs: 20_000 });
    const { cluster: redis } = client;
    const status: string[] = [];
    for (const event of ['close', 'reconnecting', 'error', 'node error'])
      redis.on(event, () => status.push(event));
    const shard = await shardAt(0);
    const target = await shardAt(1);
    const [moved = '', ...keys] = keysOf(shard, true, 3, 'mine');
    const broken = [moved, ...keys].map((key) => writer(redis, key));
    const others = keysOf(shard, false, 2, 'mine').map((key) => writer(redis, key));
    const heard: string[] = [];
    redis.on('message', (_channel: string, text: string) => heard.push(text));
    await redis.subscribe('mine');
    await goesOn([...broken, ...others]);
    await move(moved, target.primary, broken);
    const heal = await breakPrimary(shard, 'kill');
    await goesOn([...broken, ...others]);
    for (const each of [...broken, ...others]) await each.stop();
    const { lost, told } = await judge(redis, broken);
    expect(lost).toBeLessThanOrEqual(10);
    for (const error of told) expect(isOutcomeUnknown(error)).toBe(true);
    expect(await judge(redis, others)).toEqual({ lost: 0, told: [] });
    await until(async () => (await redis.publish('mine', 'x')) >= 0 && heard.length > 0);
    expect(status).toEqual([]);
    await heal();
  });
});
