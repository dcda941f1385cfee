import type { EndpointId } from '@failover/core';
import { Redis } from 'ioredis';
import type { RedisOptions } from '../config.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { RealGateway } from './test-kit/real-gateway.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';

let real: RealGateway;
let clients: Redis[] = [];
let closed = 0;

async function listen(options: Partial<RedisOptions> = {}): Promise<EndpointId> {
  real = await openRealGateway(options);
  closed = 0;
  return real.first;
}

/** A client that never connects again: if its connection is closed, it counts. */
function connect(
  role: 'primary' | 'replica' = 'primary',
  options: { readonly protocol?: 2 | 3 } = {},
): Redis {
  const client = new Redis({
    port: real.ports[role],
    enableReadyCheck: false,
    retryStrategy: () => null,
    ...options,
  });
  let isOpen = true;
  client.on('error', () => undefined);
  client.on('close', () => {
    if (isOpen && clients.includes(client)) closed += 1;
    isOpen = false;
  });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients) client.disconnect();
  clients = [];
  await real[Symbol.asyncDispose]();
});

/** Writes unique values in bursts, so that several are in flight when the fault comes. */
function writer(redis: Redis, name: string) {
  const acknowledged: string[] = [];
  const errors = new Map<string, string>();
  let isStopped = false;
  const done = (async () => {
    for (let at = 0; !isStopped; at += 5) {
      const values = Array.from({ length: 5 }, (_, step) => `${name}:${at + step}`);
      await Promise.all(
        values.map(async (value) => {
          try {
            await redis.rpush('values', value);
            acknowledged.push(value);
          } catch (error) {
            errors.set(value, error instanceof Error ? error.message : '');
          }
        }),
      );
    }
  })();
  return {
    acknowledged,
    errors,
    async stop() {
      isStopped = true;
      await done;
    },
  };
}

describe('the gateway before real servers', () => {
  it.each(['kill', 'hang', 'failover'] as const)(
    'keeps its clients through a %s, doubles nothing and tells what is unknown',
    async (fault) => {
      const before = await listen();
      const writers = Array.from({ length: 6 }, (_, at) => writer(connect(), `w${at}`));
      await until(() => writers.every((each) => each.acknowledged.length > 50));
      if (fault === 'kill') real.bed.kill(before);
      else if (fault === 'hang') real.bed.hang(before);
      else await real.bed.forceFailover();
      await until(() => real.hasSuccessorOf(before));
      const counts = writers.map((each) => each.acknowledged.length);
      await until(() => writers.every((each, at) => each.acknowledged.length > (counts[at] ?? 0) + 20));
      for (const each of writers) await each.stop();

      const stored = await connect().lrange('values', 0, -1);
      expect(new Set(stored).size).toBe(stored.length);
      const lost = writers.flatMap((each) => each.acknowledged).filter((value) => !stored.includes(value));
      // Redis replicates after it acknowledges: what it had not sent at the fault is lost by Redis.
      expect(lost.length).toBeLessThanOrEqual(fault === 'failover' ? 0 : 30);
      const told = writers.flatMap((each) => [...each.errors.values()]);
      for (const text of told)
        expect(text).toMatch(/^(OUTCOMEUNKNOWN server=|TRYAGAIN failover: not executed)/);
      expect(told.length).toBeLessThanOrEqual(30);
      for (const each of writers) {
        for (const [value, text] of each.errors)
          if (text.startsWith('TRYAGAIN')) expect(stored).not.toContain(value);
      }
      // In order for each client, also across the switch.
      for (const [at] of writers.entries()) {
        const numbers = stored
          .filter((value) => value.startsWith(`w${at}:`))
          .map((value) => Number(value.split(':')[1]));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
      expect(closed).toBe(0);
    },
  );

  it('loses nothing that it acknowledged through a kill, if writes wait for a replica', async () => {
    const before = await listen({ waitReplicas: 1, waitTimeoutMs: 500 });
    const writers = Array.from({ length: 4 }, (_, at) => writer(connect(), `w${at}`));
    await until(() => writers.every((each) => each.acknowledged.length > 50));
    real.bed.kill(before);
    await until(() => real.hasSuccessorOf(before));
    const counts = writers.map((each) => each.acknowledged.length);
    await until(() => writers.every((each, at) => each.acknowledged.length > (counts[at] ?? 0) + 20));
    for (const each of writers) await each.stop();
    const stored = await connect().lrange('values', 0, -1);
    expect(new Set(stored).size).toBe(stored.length);
    expect(writers.flatMap((each) => each.acknowledged).filter((value) => !stored.includes(value))).toEqual(
      [],
    );
    expect(closed).toBe(0);
  });

  it('moves a subscriber, a blocked worker and a transaction to the new primary', async () => {
    const before = await listen();
    const [subscriber, worker, user] = [connect(), connect('primary', { protocol: 3 }), connect()];
    const messages: string[] = [];
    subscriber.on('message', (_channel, text: string) => messages.push(text));
    await subscriber.subscribe('news');
    await user.publish('news', 'before');
    await until(() => messages.length === 1);
    const popped = worker.blpop('queue', 0).catch((error: unknown) => error);
    await user.multi().set('a', 1).incr('a').exec();

    await real.bed.forceFailover();
    await until(() => real.hasSuccessorOf(before));
    await until(async () => (await user.publish('news', 'after')) === 1);
    await until(() => messages.includes('after'));
    await user.rpush('queue', 'job');
    const outcome = await popped;
    // Redis tells a blocked client that its server is a replica now; if the connection closed first, nobody can
    // know whether it had popped something.
    if (outcome instanceof Error) expect(outcome.message).toMatch(/^OUTCOMEUNKNOWN/);
    else expect(outcome).toEqual(['queue', 'job']);
    expect(await user.multi().incr('a').exec()).toEqual([[null, 3]]);
    expect(closed).toBe(0);
  });

  it('is all the Sentinels that a client knows which is configured for Sentinel', async () => {
    const before = await listen();
    const client = new Redis({
      sentinels: [{ host: '127.0.0.1', port: real.ports.primary }],
      name: real.bed.name,
      retryStrategy: () => null,
    });
    clients.push(client);
    await client.set('a', 1);
    const connections = real.accepted;
    await real.bed.forceFailover();
    await until(() => real.hasSuccessorOf(before));
    expect(await client.incr('a')).toBe(2);
    expect(real.accepted).toBe(connections);
  });

  it('does not let WAIT count a replica that has not got the client’s writes', async () => {
    const primary = await listen();
    const client = connect();
    await client.set('a', 1);
    expect(await client.wait(2, 2000)).toBe(2);
    const other = connect();
    for (const server of real.bed.servers) if (server !== primary) real.bed.hang(server);
    await other.set('b', 2);
    expect(await other.wait(1, 300)).toBe(0);
    for (const server of real.bed.servers) if (server !== primary) real.bed.resume(server);
  });

  it('[37] reads from no replica that is too far behind', async () => {
    const primary = await listen({ maxReplicaLagBytes: 200_000 });
    const slow = real.bed.servers.find((server) => server !== primary);
    if (slow === undefined) throw new Error('no replica');
    const [writing, reading] = [connect(), connect('replica')];
    await writing.set('a', 'old');
    await writing.wait(2, 2000);
    // It answers readers, and what it is sent by its primary it does not get to.
    await real.bed.ask(slow, 'CLIENT', 'PAUSE', '4000', 'WRITE');
    await writing.set('filler', 'x'.repeat(500_000));
    await writing.set('a', 'new');
    await until(() => real.isServingReaders(slow) === false);
    for (let at = 0; at < 20; at += 1) expect(await reading.get('a')).toBe('new');
    await until(() => real.isServingReaders(slow));
  });

  it('reads from replicas on the listener for replicas, and refuses writes there', async () => {
    await listen();
    const [writing, reading] = [connect(), connect('replica')];
    await writing.set('a', 'value');
    await until(async () => (await reading.get('a')) === 'value');
    await expect(reading.set('a', 'other')).rejects.toThrow(/^READONLY/);
    const [role] = (await reading.call('ROLE')) as [string];
    expect(role).toBe('slave');
  });

  it('passes values from nothing to 3 MiB both ways, in order with small ones', async () => {
    await listen();
    const client = connect();
    const sizes = [0, 1, 70_000, 1_100_000, 3_000_000, 10];
    const values = sizes.map((size, at) => String.fromCharCode(97 + at).repeat(size));
    await Promise.all(values.map((value, at) => client.set(`k${at}`, value)));
    const read = await Promise.all(values.map((_, at) => client.get(`k${at}`)));
    expect(read.map((value) => value?.length)).toEqual(sizes);
    expect(read).toEqual(values);
  });

  it('knows users by their passwords, each for himself', async () => {
    const primary = await listen();
    await real.bed.ask(primary, 'ACL', 'SETUSER', 'ann', 'on', '>secret', '+@all', '~ann:*');
    const client = connect();
    await client.call('AUTH', 'ann', 'secret');
    await client.set('ann:a', 1);
    await expect(client.set('other', 1)).rejects.toThrow(/^NOPERM/);
    const guest = connect();
    await expect(guest.call('AUTH', 'ann', 'guess')).rejects.toThrow(/^WRONGPASS/);
    await guest.set('other', 1);
    expect(real.session.counters['sharedUpstreams']).toBe(2);
  });
});
