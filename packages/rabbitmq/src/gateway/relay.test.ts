import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { connect } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import type { RabbitTestbed } from '../testing/testbed.ts';
import type { Served } from './test-kit/served.ts';
import { serve } from './test-kit/served.ts';

let testbed: RabbitTestbed;
let served: Served;
let connection: ChannelModel;

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 3, electionMs: 50 });
  served = await serve(testbed);
  connection = await connect(served.url);
});

afterEach(async () => {
  await connection.close().catch(() => undefined);
  await served[Symbol.asyncDispose]();
  await testbed[Symbol.asyncDispose]();
});

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

function confirmed(channel: ConfirmChannel, queue: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, Buffer.from(text), {}, (error) => {
      if (error === null) resolve();
      else reject(error as Error);
    });
  });
}

async function leaderOf(queue: string) {
  const leader = await testbed.queueLeader(queue);
  if (leader === undefined) throw new Error('no leader');
  return leader;
}

describe('a client of the gateway', () => {
  it('publishes, consumes and acknowledges as it does without', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    await confirmed(channel, 'q', 'one');
    const got: string[] = [];
    await channel.consume('q', (message) => {
      if (message === null) return;
      got.push(message.content.toString());
      channel.ack(message);
    });
    await expect.poll(() => got).toEqual(['one']);
  });

  it('acknowledges together what comes together, and nothing else', async () => {
    const channel = await connection.createConfirmChannel();
    const closed = vi.fn();
    channel.on('close', closed);
    await channel.assertQueue('q', quorum);
    for (let each = 0; each < 12; each += 1) channel.sendToQueue('q', Buffer.from(`m${each}`));
    await channel.waitForConfirms();
    const got: ConsumeMessage[] = [];
    const { consumerTag } = await channel.consume('q', (message) => {
      if (message !== null) got.push(message);
    });
    await expect.poll(() => got).toHaveLength(12);
    const at = (index: number): ConsumeMessage => got[index] as ConsumeMessage;
    for (const index of [0, 1, 2]) channel.ack(at(index));
    channel.reject(at(3), false);
    for (const index of [4, 5, 6, 8]) channel.ack(at(index));
    await channel.cancel(consumerTag);
    await expect.poll(() => served.gateway.counters['mergedAcks']).toBeGreaterThan(1);
    // What was not acknowledged comes back when the channel ends: 7, 9, 10 and 11.
    await channel.close();
    expect(closed).toHaveBeenCalledTimes(1);
    const check = await connection.createChannel();
    await expect.poll(() => check.checkQueue('q')).toMatchObject({ messageCount: 4 });
    const back = await Promise.all(Array.from({ length: 5 }, () => check.get('q', { noAck: true })));
    const texts = back.map((message) => (message === false ? 'nothing' : message.content.toString()));
    expect(texts.sort()).toEqual(['m10', 'm11', 'm7', 'm9', 'nothing']);
  });

  it('keeps its connection, channel and consumer when every node is killed in turn', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const got: ConsumeMessage[] = [];
    const closed = vi.fn();
    connection.on('close', closed);
    channel.on('close', closed);
    await channel.consume('q', (message) => {
      if (message === null) return;
      got.push(message);
      channel.ack(message);
    });
    let sent = 0;
    for (const node of testbed.members) {
      testbed.kill(node);
      for (let each = 0; each < 20; each += 1) {
        await confirmed(channel, 'q', `m${sent}`);
        sent += 1;
      }
      await testbed.restart(node);
      await testbed.settled();
    }
    await expect.poll(() => new Set(got.map((message) => message.content.toString())).size).toBe(sent);
    expect(closed).not.toHaveBeenCalled();
    expect(got.map((message) => message.fields.deliveryTag)).toEqual(got.map((_, at) => at + 1));
    expect(served.gateway.counters['switches']).toBeGreaterThan(0);
  });

  it('goes on when the node that leads its queue hangs', async () => {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const leader = await leaderOf('q');
    testbed.hang(leader);
    await confirmed(channel, 'q', 'through');
    testbed.resume(leader);
    expect(await channel.get('q', { noAck: true })).toMatchObject({ content: Buffer.from('through') });
  });
});
