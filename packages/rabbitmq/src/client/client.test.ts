import { isOutcomeUnknown } from '@failover/core';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { createClient } from './create-client.ts';
import { connect } from './connect.ts';

let testbed: EmbeddedTestbed;
const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 3, electionMs: 50, stuckMs: 3000 });
});

afterEach(async () => {
  await testbed[Symbol.asyncDispose]();
});

const urls = (): readonly string[] => testbed.members.map((member) => `amqp://${member}`);

async function nodeOf(): Promise<(typeof testbed.members)[number]> {
  const leader = await testbed.queueLeader('q');
  if (leader === undefined) throw new Error('the queue has no leader');
  return leader;
}

describe('connect', () => {
  it('gives a genuine amqplib connection that tells of the cluster', async () => {
    const connection = await connect(urls());
    const channel = await connection.createChannel();
    expect(await channel.assertQueue('q')).toMatchObject({ queue: 'q', messageCount: 0 });
    await expect.poll(() => connection.topology.servers.size).toBe(3);
    await connection.close();
  });

  it('rejects as amqplib does when the password is wrong', async () => {
    await expect(
      connect({ hostname: '127.0.0.1', port: portOf(0), username: 'guest', password: 'no' }),
    ).rejects.toThrow(/403/);
  });

  it("refuses amqplib's own recovery, and a URL that is none, with field, value and fix", async () => {
    await expect(connect(urls(), { recovery: {} } as never)).rejects.toThrow(/^recovery: /);
    await expect(connect('localhost')).rejects.toThrow(/^url: /);
    await expect(connect('http://localhost')).rejects.toThrow(/^url: is not a protocol/);
  });
});

function portOf(at: number): number {
  return Number(testbed.members[at]?.split(':')[1]);
}

describe('a connection in process', () => {
  it('loses no confirmed message and no consumer when its node and the leader of its queue are killed', async () => {
    await using client = createClient({ servers: testbed.members });
    const connection = await client.connect();
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const got = new Map<string, ConsumeMessage>();
    await channel.prefetch(10);
    await channel.consume('q', (message) => {
      if (message === null) return;
      got.set(message.content.toString(), message);
      channel.ack(message);
    });
    testbed.kill(await nodeOf());
    for (let at = 0; at < 50; at += 1) channel.sendToQueue('q', Buffer.from(`m${at}`));
    await channel.waitForConfirms();
    await expect.poll(() => got.size).toBe(50);
  });

  it('marks what goes again, and only that', async () => {
    await using client = createClient({ servers: testbed.members });
    const connection = await client.connect();
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    channel.sendToQueue('q', Buffer.from('before'));
    await channel.waitForConfirms();
    for (const member of testbed.members) testbed.hang(member);
    // Sent, and lost with its node before its confirm.
    channel.sendToQueue('q', Buffer.from('sent'), { headers: { own: 1 } });
    await expect.poll(() => client.counters['published']).toBe(2);
    for (const member of testbed.members) testbed.kill(member);
    await expect.poll(() => client.counters['switches']).toBe(1);
    channel.sendToQueue('q', Buffer.from('not sent'), { headers: { own: 2 } });
    for (const member of testbed.members) await testbed.restart(member);
    await channel.waitForConfirms();
    const got: unknown[] = [];
    for (let at = 0; at < 3; at += 1) {
      const message = await channel.get('q', { noAck: true });
      if (message !== false) got.push([message.content.toString(), message.properties.headers]);
    }
    expect(got).toEqual([
      ['before', {}],
      ['sent', { own: 1, 'x-failover-resent': 1 }],
      ['not sent', { own: 2 }],
    ]);
  });

  it("with unknown: 'reject' tells the caller of each publish that nobody knows", async () => {
    await using client = createClient({ servers: testbed.members, unknown: 'reject' });
    const connection = await client.connect();
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', quorum);
    const nacked = new Promise((resolve) => channel.once('nack', resolve));
    for (const member of testbed.members) testbed.hang(member);
    const outcome = new Promise<unknown>((resolve) => {
      channel.sendToQueue('q', Buffer.from('lost?'), {}, resolve);
    });
    await expect.poll(() => client.counters['published']).toBe(1);
    for (const member of testbed.members) testbed.kill(member);
    expect(isOutcomeUnknown(await outcome)).toBe(true);
    expect(await nacked).toMatchObject({ deliveryTag: 1 });
  });
});

describe('closing', () => {
  it('ends every connection and leaves no handle', async () => {
    const client = createClient({ servers: testbed.members });
    const connections: ChannelModel[] = [await client.connect(), await client.connect()];
    const closed = connections.map(
      (connection) => new Promise((resolve) => connection.once('close', resolve)),
    );
    await client.close();
    await Promise.all(closed);
    expect(client.counters['clients']).toBe(0);
    expect(client.counters['upstreams']).toBe(0);
  });
});
