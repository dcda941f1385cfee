import { hostOf, portOf, type EndpointId } from '@failover/core';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { connectResp } from '../resp-client.ts';
import { launchEmbedded, type EmbeddedOptions, type EmbeddedTestbed } from './launch-embedded.ts';

const opened: EmbeddedTestbed[] = [];
const clients: Redis[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const testbed of opened.splice(0)) await testbed[Symbol.asyncDispose]();
});

async function launch(options: EmbeddedOptions): Promise<EmbeddedTestbed> {
  const testbed = await launchEmbedded(options);
  opened.push(testbed);
  return testbed;
}

function throughSentinels({ sentinels, name }: EmbeddedTestbed, password?: string): Redis {
  const client = new Redis({
    sentinels: sentinels.map((sentinel) => ({ host: hostOf(sentinel), port: portOf(sentinel) })),
    name,
    ...(password === undefined ? {} : { password }),
  });
  clients.push(client);
  return client;
}

function direct(server: EndpointId, protocol: 2 | 3 = 2): Redis {
  const client = new Redis(portOf(server), hostOf(server), { protocol });
  clients.push(client);
  return client;
}

describe('ioredis on the double', { timeout: 30_000 }, () => {
  it('finds the primary through Sentinels and does all that applications do', async () => {
    const redis = throughSentinels(await launch({}));
    expect(await redis.set('k', 'v')).toBe('OK');
    expect(await redis.get('k')).toBe('v');
    expect(await redis.hset('h', { a: '1', b: '2' })).toBe(2);
    expect(await redis.hgetall('h')).toEqual({ a: '1', b: '2' });
    expect(await redis.multi().incr('n').incr('n').exec()).toEqual([
      [null, 1],
      [null, 2],
    ]);
    const replies = await redis.pipeline().rpush('l', 'x', 'y').lrange('l', 0, -1).get('l').exec();
    expect(replies?.[1]).toEqual([null, ['x', 'y']]);
    expect(replies?.[2]?.[0]?.message).toMatch(/^WRONGTYPE/);
    expect(await redis.select(2)).toBe('OK');
    expect(await redis.get('k')).toBeNull();
  });

  it('wakes a blocked worker, and a subscriber', async () => {
    const redis = throughSentinels(await launch({}));
    const [worker, subscriber] = [redis.duplicate(), redis.duplicate()];
    clients.push(worker, subscriber);
    const popped = worker.blpop('jobs', 0);
    const heard = new Promise((resolve) => subscriber.on('message', (...message) => resolve(message)));
    await subscriber.subscribe('news');
    await redis.rpush('jobs', 'first');
    expect(await popped).toEqual(['jobs', 'first']);
    await redis.publish('news', 'hello');
    expect(await heard).toEqual(['news', 'hello']);
  });

  it('waits for replicas, and reads from them what was written', async () => {
    const testbed = await launch({ sentinels: 0, replicationDelayMs: 5 });
    const [primary, replica] = testbed.servers as [EndpointId, EndpointId];
    const redis = direct(primary);
    await redis.ping();
    await testbed.settled();
    await redis.set('k', 'v');
    expect(await redis.wait(2, 2_000)).toBe(2);
    expect(await direct(replica).get('k')).toBe('v');
    await expect(direct(replica).set('k', 'w')).rejects.toThrow(/^READONLY/);
  });

  it('authenticates', async () => {
    const testbed = await launch({ password: 'secret' });
    expect(await throughSentinels(testbed, 'secret').set('k', 'v')).toBe('OK');
    const [server] = testbed.servers as [EndpointId];
    const stranger = connectResp(testbed.runtime, server);
    const said = async (...command: string[]): Promise<string> => {
      const reply = await stranger.send(command);
      return reply.type === 'error' ? reply.text : reply.type;
    };
    expect(await said('GET', 'k')).toBe('NOAUTH Authentication required.');
    expect(await said('AUTH', 'default', 'wrong')).toMatch(/^WRONGPASS/);
    expect(await said('HELLO', '3')).toMatch(/^NOAUTH HELLO/);
    expect(await said('HELLO', '3', 'AUTH', 'default', 'secret')).toBe('map');
    stranger.close();
    await testbed.settled();
  });

  it('unblocks with an error when its server becomes a replica', async () => {
    const testbed = await launch({ sentinels: 0 });
    const [primary, replica] = testbed.servers as [EndpointId, EndpointId];
    const redis = new Redis(portOf(primary), hostOf(primary), { autoResendUnfulfilledCommands: false });
    clients.push(redis);
    await redis.ping();
    const refused = expect(redis.blpop('jobs', 0)).rejects.toThrow(/^UNBLOCKED/);
    await testbed.ask(primary, 'PING');
    await testbed.ask(primary, 'REPLICAOF', hostOf(replica), String(portOf(replica)));
    await refused;
  });
});
