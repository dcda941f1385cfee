import type { EndpointId } from '@failover/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { heartbeatFrame } from '../protocol/frame.ts';
import type { Received } from '../testing/amqp-channel.ts';
import { connectAmqp } from '../testing/amqp-client.ts';
import type { AmqpClient } from '../testing/amqp-client.ts';
import { drainQueue } from '../testing/drain-queue.ts';
import type { VirtualTestbed } from '../testing/embedded/launch-virtual.ts';
import { launchVirtual } from '../testing/embedded/launch-virtual.ts';
import { openRawClient } from '../testing/embedded/test-kit/raw-client.ts';
import { tapNodes } from './test-kit/tap-nodes.ts';
import { all, here, worldsUntil } from './test-kit/world.ts';

// In virtual time: minutes pass in milliseconds. Numbers in brackets are those of the statements in docs/rabbitmq.md.

const quorum = { queue: 'q', durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;
const world = worldsUntil(onTestFinished);

const other = (testbed: VirtualTestbed, than: EndpointId): EndpointId => {
  const found = testbed.members.find((member) => member !== than);
  if (found === undefined) throw new Error('one node is not enough');
  return found;
};

describe('an outage', () => {
  it('[40] of nothing: a client and its node that say nothing for ten minutes stay connected', async () => {
    const { testbed, connect, counter } = await world({ heartbeatS: 10 });
    const client = await connect();
    await testbed.runtime.advance(600_000);
    expect(client.isClosed).toBe(false);
    expect(counter('switches')).toBe(0);
    expect(counter('clients')).toBe(1);
  });

  it('[36] of all nodes for a minute costs no client its connection, and everything goes when they are back', async () => {
    const { testbed, connect, channel, until, untilSo, counter } = await world();
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', quorum));
    all(testbed, (member) => testbed.kill(member));
    const confirms = Array.from({ length: 100 }, () => own.publish({ routingKey: 'q', body: 'x' }, 200_000));
    await testbed.runtime.advance(60_000);
    all(testbed, (member) => testbed.restart(member));
    expect(await until(Promise.all(confirms))).toEqual(Array.from({ length: 100 }, () => 'ack'));
    expect(client.isClosed).toBe(false);
    await untilSo(() => counter('upstreams') === 1);
  });

  it('[36] in process tells each publish that waited too long that it was not executed', async () => {
    const testbed = await launchVirtual({ seed: 1 });
    const client = createClient({ servers: testbed.members, holdMs: 5000 }, { runtime: testbed.runtime });
    onTestFinished(client.close);
    const connection = await testbed.until(client.connect());
    connection.on('error', () => undefined);
    const channel = await testbed.until(connection.createConfirmChannel());
    all(testbed, (member) => testbed.kill(member));
    await testbed.runtime.advance(1000);
    const codes: unknown[] = [];
    for (let at = 0; at < 3; at += 1) {
      channel.sendToQueue('q', Buffer.from('x'), {}, (error) =>
        codes.push((error as { code?: string }).code),
      );
    }
    await testbed.runtime.until(() => codes.length === 3, 20_000);
    expect(codes).toEqual(['not-sent', 'not-sent', 'not-sent']);
  });

  it('[37] of two of three nodes: what has no majority waits, and nobody dials in a storm', async () => {
    const { testbed, connect, channel, until, counter } = await world();
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', quorum));
    const [, second, third] = testbed.members;
    if (second === undefined || third === undefined) throw new Error('three nodes are needed');
    testbed.kill(second);
    testbed.kill(third);
    const confirm = own.publish({ routingKey: 'q', body: 'x' }, 200_000);
    await testbed.runtime.advance(30_000);
    expect(counter('switches')).toBeLessThanOrEqual(1);
    expect(counter('upstreams')).toBeLessThanOrEqual(2);
    await testbed.restart(second);
    expect(await until(confirm)).toBe('ack');
  });

  it('[32] during the replay, and during the handshake, ends in one connection with one consumer', async () => {
    const { testbed, connect, channel, until, untilSo, counter } = await world();
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('queue.declare', quorum));
    const got: string[] = [];
    await until(own.consume('q', ({ body }) => got.push(body.toString()), { noAck: true }));
    for (const [at, member] of testbed.members.entries()) {
      testbed.kill(member);
      // In the middle of a dial, of a login, of a replay, and after it.
      await testbed.runtime.advance(at * 3);
      void testbed.restart(member);
      await testbed.runtime.advance(1 + at);
    }
    await testbed.runtime.advance(5000);
    await untilSo(() => counter('upstreams') === 1);
    const [first] = testbed.members;
    if (first === undefined) throw new Error('no node');
    const direct = await until(connectAmqp(testbed.runtime, first));
    const observer = await until(direct.openChannel());
    expect(await until(observer.rpc('queue.declare', { ...quorum, passive: true }))).toMatchObject({
      consumerCount: 1,
    });
    await until(own.rpc('confirm.select'));
    await until(own.publish({ routingKey: 'q', body: 'once' }, 20_000));
    await untilSo(() => got.length > 0);
    expect(got).toEqual(['once']);
  });

  it('[19] of the node that holds an exclusive queue of a fixed name: it is locked for a while, and then it is back', async () => {
    const { testbed, connect, channel, until, untilSo } = await world({ stuckMs: 4000 });
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('queue.declare', { queue: 'mine', exclusive: true }));
    const got: string[] = [];
    await until(own.consume('mine', ({ body }) => got.push(body.toString()), { noAck: true }));
    all(testbed, (member) => testbed.closeConnections(member));
    await testbed.runtime.advance(2000);
    await until(own.rpc('confirm.select'));
    await untilSo(() => {
      own.publishBlindly({ routingKey: 'mine', body: 'there' });
      return got.length > 0;
    });
    expect(own.isClosed).toBe(false);
  });

  it('[19] that leaves it locked for longer than holdMs: its client is told then, and not before', async () => {
    const { testbed, connect, channel, until, untilSo, counter } = await world(
      { stuckMs: 60_000 },
      { holdMs: 5000 },
    );
    const own = await channel(await connect());
    const cancelled: string[] = [];
    own.onCancel((tag) => cancelled.push(tag));
    await until(own.rpc('queue.declare', { queue: 'mine', exclusive: true }));
    const tag = await until(own.consume('mine', () => undefined, { noAck: true }));
    const home = await until(testbed.queueLeader('mine'));
    if (home === undefined) throw new Error('no home');
    testbed.hang(home);
    await untilSo(() => counter('switches') === 1);
    await testbed.runtime.advance(4500);
    expect(cancelled).toEqual([]);
    await untilSo(() => cancelled.length > 0, 5000);
    expect(cancelled).toEqual([tag]);
    expect(own.isClosed).toBe(false);
  });

  it('[43] of the majority around the node behind a client: it moves where things answer', async () => {
    const { testbed, connect, channel, until } = await world({ metadataStore: 'khepri' });
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('queue.declare', quorum));
    const [first] = testbed.members;
    if (first === undefined) throw new Error('no node');
    testbed.hang(first);
    await until(own.rpc('confirm.select'));
    expect(await until(own.publish({ routingKey: 'q', body: 'x' }, 120_000))).toBe('ack');
    testbed.resume(first);
  });

  it('[41] of one node with many clients: they dial the others in turn, not all at once, and all are served', async () => {
    const dialled: { readonly endpoint: EndpointId; readonly at: number }[] = [];
    const { testbed, connect, until, untilSo, counter } = await world({}, {}, (runtime) =>
      tapNodes(runtime, { onDial: (endpoint) => dialled.push({ endpoint, at: runtime.now() }) }),
    );
    const many = 60;
    const clients: AmqpClient[] = [];
    for (let at = 0; at < many; at += 1) clients.push(await connect());
    const [first] = testbed.members;
    if (first === undefined) throw new Error('no node');
    dialled.length = 0;
    testbed.kill(first);
    await untilSo(() => counter('switches') >= Math.floor(many / 3));
    await untilSo(() => counter('upstreams') === many);
    for (const client of clients) expect(client.isClosed).toBe(false);
    const times = dialled.map(({ at }) => at);
    // A quarter of a millisecond for each client.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(many / 8);
    // Each of the two others has its share.
    for (const member of testbed.members.slice(1)) {
      const share = dialled.filter(({ endpoint }) => endpoint === member).length / dialled.length;
      expect(share).toBeGreaterThan(0.2);
    }
    const channels = await until(Promise.all(clients.map((client) => client.openChannel(20_000))));
    expect(channels).toHaveLength(many);
  });
});

describe('the hang of a node that stops every declare', () => {
  /** A client that moves while a node hangs: it has a durable queue elsewhere, and one that is declared again. */
  async function moved() {
    const one = await world({ stuckMs: 60_000, metadataStore: 'mnesia' });
    const { testbed, connect, channel, until, untilSo, counter } = one;
    const own = await channel(await connect());
    const got: string[] = [];
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', quorum));
    await until(own.consume('q', ({ body }) => got.push(body.toString()), { noAck: true }));
    await until(own.rpc('queue.declare', { queue: 'mine', exclusive: true }));
    const leader = await until(testbed.queueLeader('q'));
    const home = await until(testbed.queueLeader('mine'));
    const hung = testbed.members.find((member) => member !== leader && member !== home);
    if (leader === undefined || hung === undefined) throw new Error('no leader, or no other node');
    testbed.hang(hung);
    // Its monitor has noticed: the client does not go there.
    await testbed.runtime.advance(5000);
    expect(counter('switches')).toBe(0);
    for (const member of testbed.members) if (member !== hung) void testbed.closeConnections(member);
    await untilSo(() => counter('switches') === 1 && counter('upstreams') === 1);
    return { ...one, own, got, leader };
  }

  it('holds no consumer of a durable queue', async () => {
    const { testbed, until, got, leader } = await moved();
    const direct = await until((await until(connectAmqp(testbed.runtime, leader))).openChannel());
    direct.publishBlindly({ routingKey: 'q', body: 'meanwhile' });
    await testbed.runtime.advance(1000);
    expect(got).toEqual(['meanwhile']);
  });

  it('holds what the client sends no longer than silenceMs', async () => {
    const { testbed, own, until } = await moved();
    const since = testbed.runtime.now();
    expect(await until(own.publish({ routingKey: 'q', body: 'x' }, 50_000))).toBe('ack');
    expect(testbed.runtime.now() - since).toBeLessThan(3000);
  });
});

describe('the hang of the node that leads a queue', () => {
  it.each(['goes on', 'dies'])(
    'sends no message back to the queue again and again by what was tried meanwhile, when it %s',
    async (how) => {
      // Nobody elects: what is tried waits for the leader that hangs, and wakes with all that was given up.
      const { testbed, connect, channel, until, untilSo } = await world({ electionMs: 12_000 });
      const client = await connect();
      const own = await channel(client);
      await until(own.rpc('queue.declare', quorum));
      const got: (readonly [string, unknown])[] = [];
      await until(
        own.consume('q', ({ method, body, properties }) => {
          got.push([body.toString(), properties.headers?.['x-delivery-count'] ?? 0]);
          own.send('basic.ack', { deliveryTag: method.deliveryTag });
        }),
      );
      const leader = await until(testbed.queueLeader('q'));
      if (leader === undefined) throw new Error('no leader');
      testbed.hang(leader);
      await testbed.runtime.advance(10_000);
      // It waits in the queue before anything that was tried is heard.
      const direct = await until(connectAmqp(testbed.runtime, other(testbed, leader)));
      const publisher = await until(direct.openChannel());
      publisher.publishBlindly({ routingKey: 'q', body: 'x' });
      await testbed.runtime.advance(10);
      if (how === 'dies') testbed.kill(leader);
      else testbed.resume(leader);
      await untilSo(() => got.length > 0);
      expect(got[0]?.[0]).toBe('x');
      expect(Number(got[0]?.[1])).toBeLessThanOrEqual(2);
    },
  );

  it('leaves an auto-delete queue there, whose consumer is tried', async () => {
    const { testbed, connect, channel, until, untilSo, counter } = await world();
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', { queue: 'mine', autoDelete: true }));
    const got: string[] = [];
    await until(own.consume('mine', ({ body }) => got.push(body.toString()), { noAck: true }));
    const home = await until(testbed.queueLeader('mine'));
    if (home === undefined) throw new Error('no home');
    testbed.hang(home);
    await untilSo(() => counter('switches') === 1);
    await testbed.runtime.advance(5000);
    testbed.resume(home);
    await testbed.runtime.advance(5000);
    expect(await until(own.publish({ routingKey: 'mine', body: 'x' }, 20_000))).toBe('ack');
    await untilSo(() => got.length > 0);
    expect(counter('consumersLost')).toBe(0);
    expect(own.isClosed).toBe(false);
  });
});

describe('the election of another leader, long after the one before hung', () => {
  it('gives a client with a hundred consumers all of them back', async () => {
    const { testbed, connect, channel, until, untilSo } = await world({ hungElectionMs: 9000 });
    const client = await connect();
    const own = await channel(client);
    const queues = Array.from({ length: 100 }, (_, at) => `q${at}`);
    const got = new Set<string>();
    await until(own.rpc('basic.qos', { prefetchSize: 0, prefetchCount: 1, global: false }));
    for (const queue of queues) {
      await until(own.rpc('queue.declare', { ...quorum, queue }));
      const take = ({ body, method }: Received<'basic.deliver'>): void => {
        got.add(body.toString());
        own.send('basic.ack', { deliveryTag: method.deliveryTag });
      };
      await until(own.consume(queue, take));
    }
    const leader = await until(testbed.queueLeader('q0'));
    if (leader === undefined) throw new Error('no leader');
    for (const queue of queues) await until(testbed.moveLeader(queue, leader));
    testbed.hang(leader);
    await testbed.runtime.advance(9000);
    const direct = await until(connectAmqp(testbed.runtime, other(testbed, leader)));
    const publisher = await until(direct.openChannel());
    // The consumer that the hung node has gets one of them.
    for (const queue of [...queues, ...queues]) publisher.publishBlindly({ routingKey: queue, body: queue });
    await untilSo(() => got.size === queues.length, 1500);
  });

  it("with unknown: 'reject' sends no message twice: its client is told, and the next one goes", async () => {
    const { testbed, connect, channel, until, counter } = await world(
      { hungElectionMs: 9000, stuckMs: 60_000 },
      { unknown: 'reject' },
    );
    const own = await channel(await connect());
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', quorum));
    const leader = await until(testbed.queueLeader('q'));
    if (leader === undefined) throw new Error('no leader');
    testbed.hang(leader);
    await testbed.runtime.advance(4000);
    expect(await until(own.publish({ routingKey: 'q', body: 'first' }, 10_000))).toBe('nack');
    expect(counter('unknown')).toBe(1);
    let last: string | undefined;
    for (let at = 0; last !== 'ack'; at += 1)
      last = await until(own.publish({ routingKey: 'q', body: `next ${at}` }, 10_000));
    testbed.resume(leader);
    await testbed.runtime.advance(5000);
    const direct = await until(connectAmqp(testbed.runtime, leader));
    const copies = await until(drainQueue(direct, 'q'));
    expect(copies.filter(({ isTold }) => isTold)).toEqual([]);
    expect(new Set(copies.map(({ value }) => value)).size).toBe(copies.length);
    expect(counter('resent')).toBe(0);
  });
});

describe('heartbeats', () => {
  it('[39] of one second reach a client while all nodes are away for half a minute', async () => {
    const { testbed } = await world();
    const client = openRawClient({ runtime: testbed.runtime, endpoint: here, heartbeatS: 1 });
    await testbed.until(client.take());
    all(testbed, (member) => testbed.kill(member));
    for (let at = 0; at < 60; at += 1) {
      client.stream.write(heartbeatFrame);
      await testbed.runtime.advance(500);
    }
    expect(client.heartbeats.length).toBeGreaterThanOrEqual(30);
    expect(client.isClosed).toBe(false);
  });

  it('that a client does not send end its connection, and only its own', async () => {
    const { testbed, untilSo, counter } = await world();
    const silent = openRawClient({ runtime: testbed.runtime, endpoint: here, heartbeatS: 1 });
    const quiet = openRawClient({ runtime: testbed.runtime, endpoint: here, heartbeatS: 0 });
    await testbed.until(silent.take());
    await testbed.until(quiet.take());
    await untilSo(() => silent.isClosed, 5000);
    expect(quiet.isClosed).toBe(false);
    expect(counter('clients')).toBe(1);
  });
});

describe('a drain of the local process', () => {
  it('brings a client nothing new, lets it settle what it has, and then says goodbye', async () => {
    const { testbed, connect, channel, until, drain } = await world();
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('confirm.select'));
    await until(own.rpc('queue.declare', quorum));
    const tags: number[] = [];
    await until(own.consume('q', ({ method }) => tags.push(method.deliveryTag)));
    await until(own.publish({ routingKey: 'q', body: 'one' }));
    await testbed.runtime.until(() => tags.length === 1, 5000);
    drain();
    await testbed.runtime.advance(500);
    await until(own.publish({ routingKey: 'q', body: 'two' }));
    await testbed.runtime.advance(500);
    expect(tags).toHaveLength(1);
    expect(client.isClosed).toBe(false);
    own.send('basic.ack', { deliveryTag: tags[0] ?? 0 });
    expect(await until(client.closed)).toMatchObject({ type: 'closedByServer', replyCode: 320 });
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    const observer = await until((await until(connectAmqp(testbed.runtime, member))).openChannel());
    expect(await until(observer.rpc('queue.declare', { ...quorum, passive: true }))).toMatchObject({
      messageCount: 1,
    });
  });
});
