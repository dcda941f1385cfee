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

async function failover(): Promise<void> {
  const before = served.gateway.counters['switches'] ?? 0;
  for (const member of testbed.members) void testbed.closeConnections(member);
  await expect.poll(() => served.gateway.counters['switches']).toBeGreaterThan(before);
}

async function confirmed(
  channel: { waitForConfirms(): Promise<void> } & Channel,
  queue: string,
  text: string,
) {
  channel.sendToQueue(queue, Buffer.from(text));
  await channel.waitForConfirms();
}

describe('what the broker says by itself', () => {
  it('[4] a drain is never shown, and the drained node is left alone', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const failed = vi.fn();
    connection.on('close', failed);
    connection.on('error', failed);
    for (const member of testbed.members.slice(0, 2)) {
      await testbed.drain(member);
      await confirmed(channel, 'q', 'through');
    }
    expect(failed).not.toHaveBeenCalled();
    expect(await channel.checkQueue('q')).toMatchObject({ messageCount: 2 });
  });

  it('[5] a leader that moves to another node costs nothing', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const got: ConsumeMessage[] = [];
    await channel.consume('q', (message) => {
      if (message === null) return;
      got.push(message);
      channel.ack(message);
    });
    for (const member of testbed.members) {
      await testbed.moveLeader('q', member);
      await confirmed(channel, 'q', member);
    }
    await expect.poll(() => got).toHaveLength(3);
    expect(got.every(({ fields }) => !fields.redelivered)).toBe(true);
    expect(served.gateway.counters['switches']).toBe(0);
    expect(served.gateway.counters['channelResets']).toBe(0);
  });

  it('[23] a queue whose home node is down: its consumer waits and goes on when the node is back', async () => {
    const [home] = testbed.members;
    if (home === undefined) throw new Error('no node');
    const owner = await connect(`amqp://${home}`);
    owner.on('error', () => undefined);
    await (await owner.createChannel()).assertQueue('classic', { durable: true });
    const channel = await connection.createConfirmChannel();
    const got: string[] = [];
    const cancelled = vi.fn();
    await channel.consume('classic', (message) => {
      if (message === null) cancelled();
      else got.push(message.content.toString());
    });
    testbed.kill(home);
    await expect.poll(() => testbed.isRunning(home)).toBe(false);
    await testbed.restart(home);
    await expect
      .poll(async () => {
        await confirmed(channel, 'classic', 'again');
        return got;
      })
      .toContain('again');
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('[24] the cancel of a consumer whose queue was deleted reaches who asked to be told', async () => {
    const channel = await connection.createChannel();
    await channel.assertQueue('q', quorum);
    const cancelled = vi.fn();
    await channel.consume('q', (message) => {
      if (message === null) cancelled();
    });
    const other = await connect(`amqp://${testbed.members[0] ?? ''}`);
    await (await other.createChannel()).deleteQueue('q');
    await expect.poll(() => cancelled).toHaveBeenCalledOnce();
    await other.close();
    expect(await channel.assertQueue('q', quorum)).toMatchObject({ consumerCount: 0 });
  });

  it('[30] an alarm is told once, acks go on, nobody fails over, and its end is told', async () => {
    const told: string[] = [];
    connection.on('blocked', (reason: string) => told.push(`blocked: ${reason}`));
    connection.on('unblocked', () => told.push('unblocked'));
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    await confirmed(channel, 'q', 'one');
    const got: ConsumeMessage[] = [];
    await channel.consume('q', (message) => message !== null && got.push(message));
    await expect.poll(() => got).toHaveLength(1);
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    await testbed.alarm(member, true);
    channel.sendToQueue('q', Buffer.from('waits'));
    await expect.poll(() => told).toHaveLength(1);
    channel.ack(got[0] as ConsumeMessage);
    await testbed.alarm(member, false);
    await expect.poll(() => got).toHaveLength(2);
    await expect.poll(() => told).toEqual([expect.stringMatching(/^blocked: /), 'unblocked']);
    expect(served.gateway.counters['switches']).toBe(0);
  });

  it('[25] a message that follows the cancel of its consumer breaks nothing', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    for (let at = 0; at < 50; at += 1) channel.sendToQueue('q', Buffer.from(`m${at}`));
    await channel.waitForConfirms();
    const failed = vi.fn();
    channel.on('error', failed);
    const { consumerTag } = await channel.consume('q', () => undefined);
    await channel.cancel(consumerTag);
    expect(await channel.checkQueue('q')).toMatchObject({ queue: 'q' });
    expect(failed).not.toHaveBeenCalled();
  });

  it('[28] a reply that was under way is gone, and the next request is answered, to the right caller', async () => {
    const server = await connection.createChannel();
    await server.assertQueue('rpc', quorum);
    const requests: ConsumeMessage[] = [];
    await server.consume('rpc', (message) => message !== null && requests.push(message), { noAck: true });
    const caller = await connection.createChannel();
    const replies: string[] = [];
    await caller.consume(
      'amq.rabbitmq.reply-to',
      (message) => replies.push(message?.content.toString() ?? ''),
      {
        noAck: true,
      },
    );
    const ask = (text: string): void => {
      caller.sendToQueue('rpc', Buffer.from(text), { replyTo: 'amq.rabbitmq.reply-to' });
    };
    ask('first');
    await expect.poll(() => requests).toHaveLength(1);
    await failover();
    const [first] = requests;
    server.sendToQueue(String(first?.properties.replyTo), Buffer.from('late'));
    ask('second');
    await expect.poll(() => requests).toHaveLength(2);
    server.sendToQueue(String(requests[1]?.properties.replyTo), Buffer.from('in time'));
    await expect.poll(() => replies).toEqual(['in time']);
  });

  it('[31] a secret that was updated is the one that the next node is told', async () => {
    await connection.updateSecret(Buffer.from('guest'), 'rotated');
    await failover();
    const channel = await connection.createChannel();
    expect(await channel.assertQueue('q', quorum)).toMatchObject({ queue: 'q' });
    const closed = new Promise<Error>((resolve) => connection.once('error', resolve));
    await connection.updateSecret(Buffer.from('wrong'), 'rotated badly');
    for (const member of testbed.members) void testbed.closeConnections(member);
    expect(await closed).toMatchObject({ code: 403 });
  });
});
