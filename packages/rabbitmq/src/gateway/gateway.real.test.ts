import type { EndpointId } from '@failover/core';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { connect } from 'amqplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RealRabbit, Series } from '../testing/find-server.ts';
import { findVersion } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import type { RabbitTestbed } from '../testing/testbed.ts';
import type { Served } from './test-kit/served.ts';
import { serve } from './test-kit/served.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

describe.each<Series>(['4.0', '3.10'])('a client of the gateway before RabbitMQ %s', (series) => {
  let server: RealRabbit | undefined;
  let missing = '';
  let testbed: RabbitTestbed;
  let served: Served;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const failed = vi.fn();
  let sent = 0;

  beforeAll(async () => {
    const found = await findVersion(series);
    if (found.type === 'missing') {
      missing = `${found.reason}; cure: ${found.cure}`;
      return;
    }
    ({ server } = found);
    testbed = await launchCluster({ server, management: false });
    served = await serve(testbed);
    connection = await connect(served.url, { noDelay: true });
    connection.on('error', failed);
    connection.on('close', failed);
    channel = await connection.createConfirmChannel();
    channel.on('close', failed);
  });

  afterAll(async () => {
    if (server === undefined) return;
    await served[Symbol.asyncDispose]();
    await testbed[Symbol.asyncDispose]();
  });

  beforeEach((context) => {
    if (server === undefined) context.skip(missing);
    failed.mockClear();
  });

  async function confirmed(queue: string): Promise<string> {
    sent += 1;
    const text = `m${sent}`;
    channel.sendToQueue(queue, Buffer.from(text));
    await channel.waitForConfirms();
    return text;
  }

  async function consuming(queue: string, got: ConsumeMessage[] = []) {
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message === null) return;
      got.push(message);
      channel.ack(message);
    });
    const has = (text: string) =>
      expect.poll(() => got.map(({ content }) => content.toString())).toContain(text);
    return { got, has, stop: () => channel.cancel(consumerTag) };
  }

  /** Whatever node is behind the client, its connection is closed, and another one is there. */
  async function cutOff(): Promise<void> {
    const before = served.gateway.counters['switches'] ?? 0;
    for (const member of testbed.members) void testbed.closeConnections(member);
    await expect.poll(() => served.gateway.counters['switches']).toBeGreaterThan(before);
  }

  async function leaderOf(queue: string): Promise<EndpointId> {
    let leader: EndpointId | undefined;
    await expect.poll(async () => (leader = await testbed.queueLeader(queue))).toBeDefined();
    return leader as EndpointId;
  }

  it('[1] stays connected when the node that leads its queue is killed, and goes on after the election', async () => {
    await channel.assertQueue('killed', quorum);
    const { has, stop } = await consuming('killed');
    const leader = await leaderOf('killed');
    testbed.kill(leader);
    await has(await confirmed('killed'));
    await testbed.restart(leader);
    await testbed.settled();
    await stop();
    expect(failed).not.toHaveBeenCalled();
  });

  it('[2] leaves a node that hangs while its queue is led by another one', async () => {
    await channel.assertQueue('elsewhere', quorum);
    const { has, stop } = await consuming('elsewhere');
    const node = served.cluster.topology.servers;
    const before = served.gateway.counters['switches'] ?? 0;
    const leader = await leaderOf('elsewhere');
    // Whichever of the two others it is: one of them is behind the client, or none has to be left.
    for (const member of [...node.keys()].filter((each) => each !== leader).slice(0, 1)) {
      testbed.hang(member);
      await has(await confirmed('elsewhere'));
      testbed.resume(member);
    }
    await testbed.settled();
    await stop();
    expect((served.gateway.counters['switches'] ?? 0) - before).toBeLessThanOrEqual(1);
    expect(failed).not.toHaveBeenCalled();
  });

  it('[4] is not shown a drain', async () => {
    await channel.assertQueue('drained', quorum);
    const { has, stop } = await consuming('drained');
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    await testbed.drain(member);
    await has(await confirmed('drained'));
    await testbed.revive(member);
    await has(await confirmed('drained'));
    await stop();
    expect(failed).not.toHaveBeenCalled();
  });

  it('[5] does not notice that the leader of its queue moves', async () => {
    await channel.assertQueue('moved', quorum);
    const { got, has, stop } = await consuming('moved');
    await has(await confirmed('moved'));
    const before = served.gateway.counters['switches'];
    for (const member of testbed.members) {
      await testbed.moveLeader('moved', member);
      await has(await confirmed('moved'));
    }
    expect(served.gateway.counters['switches']).toBe(before);
    expect(got.every(({ fields }) => !fields.redelivered)).toBe(true);
    await stop();
  });

  it('[27] has one active consumer of a single active one, before and after, and in order', async () => {
    await channel.assertQueue('single', {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-single-active-consumer': true },
    });
    const got: ConsumeMessage[] = [];
    const [one, two] = [await consuming('single', got), await consuming('single', got)];
    const texts: string[] = [];
    for (let at = 0; at < 10; at += 1) {
      if (at === 5) await cutOff();
      texts.push(await confirmed('single'));
    }
    // What was acknowledged on its way to the node that is left may come once more.
    const first = (): unknown => [...new Set(got.map(({ content }) => content.toString()))];
    await expect.poll(first).toEqual(texts);
    expect(got.filter(({ content }) => content.toString() === texts.at(-1))).toHaveLength(1);
    await one.stop();
    await two.stop();
  });

  it('goes on in a stream behind the last message that it has', async () => {
    const stream = { durable: true, arguments: { 'x-queue-type': 'stream' } };
    await channel.assertQueue('stream', stream);
    await channel.prefetch(10);
    const reader = await connection.createChannel();
    await reader.prefetch(10);
    const got: string[] = [];
    await reader.consume(
      'stream',
      (message) => {
        if (message === null) return;
        got.push(message.content.toString());
        reader.ack(message);
      },
      { arguments: { 'x-stream-offset': 'first' } },
    );
    const texts: string[] = [];
    for (let at = 0; at < 5; at += 1) texts.push(await confirmed('stream'));
    await expect.poll(() => got).toEqual(texts);
    await cutOff();
    for (let at = 0; at < 5; at += 1) texts.push(await confirmed('stream'));
    await expect.poll(() => got.length).toBeGreaterThanOrEqual(texts.length);
    expect(got).toEqual(texts);
    await reader.close();
  });

  it('[23] waits for a classic queue whose home node is down, and consumes when it is back', async () => {
    const [home] = testbed.members;
    if (home === undefined) throw new Error('no node');
    const owner = await connect(`amqp://${home}`);
    await (await owner.createChannel()).assertQueue('classic', { durable: true });
    await owner.close();
    const { has, stop } = await consuming('classic');
    testbed.kill(home);
    await expect.poll(() => testbed.isRunning(home)).toBe(false);
    await testbed.restart(home);
    await testbed.settled();
    await has(await confirmed('classic'));
    await stop();
    expect(failed).not.toHaveBeenCalled();
  });
});

describe('a client of the gateway', () => {
  it('[2] comes through the hang of the node that leads its queue, as soon as the cluster has elected', async (context) => {
    const found = await findVersion('4.0');
    // RabbitMQ 3.10 itself needs more than a minute for that.
    if (found.type === 'missing') return context.skip(`${found.reason}; cure: ${found.cure}`);
    await using testbed = await launchCluster({ server: found.server, management: false });
    await using served = await serve(testbed);
    const connection = await connect(served.url, { noDelay: true });
    const failed = vi.fn();
    connection.on('close', failed);
    const channel = await connection.createConfirmChannel();
    channel.on('close', failed);
    await channel.assertQueue('hung', quorum);
    await channel.prefetch(10);
    const got = new Set<string>();
    await channel.consume('hung', (message) => {
      if (message === null) return;
      got.add(message.content.toString());
      channel.ack(message);
    });
    // On the node that will hang, a channel that never published would wait for a minute with all that it has.
    channel.sendToQueue('hung', Buffer.from('before'));
    await channel.waitForConfirms();
    await testbed.settled();
    const leader = await testbed.queueLeader('hung');
    if (leader === undefined) throw new Error('no leader');
    testbed.hang(leader);
    // The new leader gives some to the consumer that the hung node had, until the cluster has noticed: none can say so.
    for (let at = 0; at < 40; at += 1) {
      channel.sendToQueue('hung', Buffer.from(`m${at}`));
      await channel.waitForConfirms();
    }
    await expect.poll(() => got.size).toBeGreaterThan(1);
    testbed.resume(leader);
    await expect.poll(() => got.size).toBe(41);
    expect(failed).not.toHaveBeenCalled();
  });
});
