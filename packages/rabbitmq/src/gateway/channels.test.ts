import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { connect } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import type { Served } from './test-kit/served.ts';
import { serve } from './test-kit/served.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

let testbed: EmbeddedTestbed;
let served: Served;
let connection: ChannelModel;
const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 3, electionMs: 20, stuckMs: 300 });
  served = await serve(testbed, { silenceMs: 400 });
  connection = await connect(served.url, { noDelay: true });
  connection.on('error', () => undefined);
});

afterEach(async () => {
  await connection.close().catch(() => undefined);
  await served[Symbol.asyncDispose]();
  await testbed[Symbol.asyncDispose]();
});

/** The node behind the client's connection is gone, and another one is there. */
async function failover(): Promise<void> {
  const before = served.gateway.counters['switches'] ?? 0;
  for (const member of testbed.members) void testbed.closeConnections(member, 'closed by an operator');
  await expect.poll(() => served.gateway.counters['switches']).toBeGreaterThan(before);
}

function collect(channel: Channel, queue: string, options: { readonly noAck?: boolean } = {}) {
  const got: ConsumeMessage[] = [];
  const cancelled = vi.fn();
  const ready = channel.consume(
    queue,
    (message) => {
      if (message === null) cancelled();
      else got.push(message);
    },
    options,
  );
  return { got, cancelled, ready, texts: () => got.map((message) => message.content.toString()) };
}

async function publish(queue: string, ...texts: readonly string[]): Promise<void> {
  const channel = await connection.createConfirmChannel();
  for (const text of texts) channel.sendToQueue(queue, Buffer.from(text));
  await channel.waitForConfirms();
  await channel.close();
}

describe('acknowledgements after a failover', () => {
  it('[6] swallows one for a message from before: the channel lives and the message comes again', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    await publish('q', 'one');
    const { got, ready } = collect(channel, 'q');
    await ready;
    await expect.poll(() => got).toHaveLength(1);
    await failover();
    channel.ack(got[0] as ConsumeMessage);
    await expect.poll(() => got).toHaveLength(2);
    expect(got[1]).toMatchObject({ fields: { redelivered: true, deliveryTag: 2 } });
    channel.ack(got[1] as ConsumeMessage);
    await expect.poll(() => served.gateway.counters['staleAcks']).toBe(1);
    expect(await channel.checkQueue('q')).toMatchObject({ messageCount: 0 });
  });

  it('[7] acknowledges nothing new with the last old tag and multiple', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    await publish('q', 'one', 'two');
    const { got, ready } = collect(channel, 'q');
    await ready;
    await expect.poll(() => got).toHaveLength(2);
    await failover();
    await expect.poll(() => got).toHaveLength(4);
    channel.ack(got[1] as ConsumeMessage, true);
    await failover();
    await expect.poll(() => got).toHaveLength(6);
  });

  it("[9] takes the broker's first tags of the new channel for what they are", async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    await publish('q', 'one', 'two', 'three');
    const { got, ready } = collect(channel, 'q');
    await ready;
    await expect.poll(() => got).toHaveLength(3);
    await failover();
    await expect.poll(() => got).toHaveLength(6);
    for (const message of got.slice(3)) channel.ack(message);
    await expect.poll(async () => await channel.checkQueue('q')).toMatchObject({ messageCount: 0 });
    expect(got.map(({ fields }) => fields.deliveryTag)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('[10] answers the second one for the same message with 406, as the broker does', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    await publish('q', 'one');
    const { got, ready } = collect(channel, 'q');
    await ready;
    await expect.poll(() => got).toHaveLength(1);
    const closed = new Promise<Error>((resolve) => channel.once('error', resolve));
    channel.ack(got[0] as ConsumeMessage);
    channel.ack(got[0] as ConsumeMessage);
    expect(await closed).toMatchObject({
      code: 406,
      message: expect.stringContaining('unknown delivery tag 1'),
    });
    const other = await connection.createChannel();
    expect(await other.checkQueue('q')).toMatchObject({ queue: 'q' });
  });

  it('[17] [8] shows no more than the prefetch, and settles by tag 0 only what was shown', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    await publish('q', ...Array.from({ length: 6 }, (_, at) => `m${at}`));
    await channel.prefetch(3);
    const { got, ready, texts } = collect(channel, 'q');
    await ready;
    await expect.poll(() => got).toHaveLength(3);
    await failover();
    // An RPC on the channel comes back after all that the broker sent before it.
    await channel.checkQueue('q');
    expect(got).toHaveLength(3);
    channel.ack(got[0] as ConsumeMessage);
    await expect.poll(() => got).toHaveLength(4);
    expect(texts()[3]).toBe('m0');
    channel.ackAll();
    await expect.poll(() => texts().slice(4)).toEqual(['m1', 'm2', 'm3']);
    channel.ackAll();
    await expect.poll(() => texts().slice(7)).toEqual(['m4', 'm5']);
  });
});

describe('what a channel has set up', () => {
  it('[16] gives each consumer the prefetch that it had', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('few', quorum);
    await channel.assertQueue('many', quorum);
    await channel.prefetch(2);
    const few = collect(channel, 'few');
    await few.ready;
    await channel.prefetch(5);
    const many = collect(channel, 'many');
    await many.ready;
    await failover();
    const texts = Array.from({ length: 10 }, (_, at) => `m${at}`);
    await publish('few', ...texts);
    await publish('many', ...texts);
    await expect.poll(() => many.got).toHaveLength(5);
    await channel.checkQueue('few');
    expect(few.got).toHaveLength(2);
  });

  it('[16] keeps the prefetch that all its consumers have together', async () => {
    const channel = await connection.createChannel();
    // Quorum queues take none.
    await channel.assertQueue('one');
    await channel.assertQueue('two');
    await channel.prefetch(3, true);
    const [one, two] = [collect(channel, 'one'), collect(channel, 'two')];
    await one.ready;
    await two.ready;
    await failover();
    const texts = Array.from({ length: 10 }, (_, at) => `m${at}`);
    await publish('one', ...texts);
    await publish('two', ...texts);
    const count = (): number => one.got.length + two.got.length;
    await expect.poll(count).toBe(3);
    const ready = [await channel.checkQueue('one'), await channel.checkQueue('two')];
    expect(count()).toBe(3);
    // The node gives no more either: the others wait there, not here.
    expect(ready.reduce((sum, { messageCount }) => sum + messageCount, 0)).toBe(17);
  });

  it('[18] keeps the name of a queue that the server named, and what is sent to it', async () => {
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const { got, ready } = collect(channel, queue, { noAck: true });
    await ready;
    await failover();
    const other = await connect(served.url);
    const third = await other.createConfirmChannel();
    third.sendToQueue(queue, Buffer.from('reply'));
    await third.waitForConfirms();
    await expect.poll(() => got).toHaveLength(1);
    await other.close();
  });

  it('brings transient exchanges, queues and bindings back, and binds through them', async () => {
    const channel = await connection.createChannel();
    await channel.assertExchange('news', 'topic', { durable: false, autoDelete: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'news', 'a.*');
    const { ready, texts } = collect(channel, queue, { noAck: true });
    await ready;
    await failover();
    channel.publish('news', 'a.b', Buffer.from('heard'));
    await expect.poll(() => texts()).toEqual(['heard']);
  });

  it('[20] does not bring back what another channel of the connection deleted', async () => {
    const [one, two] = [await connection.createChannel(), await connection.createChannel()];
    await one.assertQueue('gone', { exclusive: true });
    await one.assertQueue('kept', { exclusive: true });
    await two.deleteQueue('gone');
    await failover();
    expect(await one.checkQueue('kept')).toMatchObject({ queue: 'kept' });
    const closed = new Promise<Error>((resolve) => two.once('error', resolve));
    await expect(two.checkQueue('gone')).rejects.toThrow(/404/);
    expect(await closed).toMatchObject({ code: 404 });
  });

  it('[21] leaves a durable queue deleted that an operator deleted, and its consumer is told', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    const { ready, cancelled } = collect(channel, 'q');
    await ready;
    const operator = await connect(`amqp://${testbed.members[1] ?? ''}`);
    const hands = await operator.createChannel();
    await hands.deleteQueue('q');
    await operator.close();
    await expect.poll(() => cancelled).toHaveBeenCalledOnce();
    await failover();
    await expect(channel.checkQueue('q')).rejects.toThrow(/404/);
  });

  it('[22] hands the refusal of a changed redeclare to its channel, and others live on', async () => {
    const [one, two] = [await connection.createChannel(), await connection.createChannel()];
    await one.assertQueue('q', { durable: true });
    one.on('error', () => undefined);
    await expect(one.assertQueue('q', { durable: false })).rejects.toThrow(/406/);
    expect(await two.checkQueue('q')).toMatchObject({ queue: 'q' });
  });

  it('[14] closes a channel once that publishes to an exchange that is not there', async () => {
    const channel = await connection.createConfirmChannel();
    const closed = vi.fn();
    channel.on('close', closed);
    const error = new Promise<Error>((resolve) => channel.once('error', resolve));
    channel.publish('nowhere', 'a', Buffer.from('lost'));
    expect(await error).toMatchObject({ code: 404 });
    await failover();
    expect(closed).toHaveBeenCalledOnce();
  });

  it('[13] tells of a message that nobody takes before it is confirmed, and once', async () => {
    const channel = await connection.createConfirmChannel();
    const order: string[] = [];
    channel.on('return', () => order.push('returned'));
    channel.publish('', 'nobody', Buffer.from('lost'), { mandatory: true }, () => order.push('confirmed'));
    await channel.waitForConfirms();
    await failover();
    await channel.assertQueue('q', quorum);
    expect(order).toEqual(['returned', 'confirmed']);
  });
});

describe('transactions', () => {
  it('[29] keeps a clean one, and tells a dirty one that it is not committed', async () => {
    const raw = connection.connection as unknown as { readonly channels: unknown };
    expect(raw.channels).toBeDefined();
    // amqplib has no transactions in its face; its channel can ask for them all the same.
    const [clean, dirty] = [await connection.createChannel(), await connection.createChannel()];
    await clean.assertQueue('q', quorum);
    for (const channel of [clean, dirty]) await rpc(channel, txSelect, txSelectOk);
    dirty.on('error', () => undefined);
    const closed = new Promise<Error>((resolve) => dirty.once('error', resolve));
    dirty.sendToQueue('q', Buffer.from('never'));
    await expect.poll(() => served.gateway.counters['published']).toBe(1);
    await failover();
    expect(await closed).toMatchObject({ code: 406, message: expect.stringContaining('not committed') });
    clean.sendToQueue('q', Buffer.from('committed'));
    await rpc(clean, txCommit, txCommitOk);
    expect(await clean.checkQueue('q')).toMatchObject({ messageCount: 1 });
  });
});

const [txSelect, txSelectOk, txCommit, txCommitOk] = [0x5a000a, 0x5a000b, 0x5a0014, 0x5a0015];

function rpc(channel: Channel, method: number, expected: number): Promise<unknown> {
  const own = channel as unknown as {
    rpc(method: number, fields: object, expected: number): Promise<unknown>;
  };
  return own.rpc(method, {}, expected);
}
