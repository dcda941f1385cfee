import { connect, type ChannelModel, type GetMessage } from 'amqplib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostOf, portOf } from '@failover/core';
import { launchEmbedded, type EmbeddedTestbed } from './launch-embedded.ts';

let testbed: EmbeddedTestbed;
let open: ChannelModel[] = [];

beforeEach(async () => {
  testbed = await launchEmbedded({ electionMs: 20 });
});

afterEach(async () => {
  await Promise.allSettled(open.map((model) => model.close()));
  open = [];
  await testbed[Symbol.asyncDispose]();
});

async function dial(at = 0): Promise<ChannelModel> {
  const member = testbed.members[at];
  if (member === undefined) throw new Error(`there is no member ${at}`);
  const model = await connect(`amqp://guest:guest@${hostOf(member)}:${portOf(member)}`);
  model.on('error', () => undefined);
  open.push(model);
  return model;
}

const textOf = (message: GetMessage | false): string => (message === false ? '' : message.content.toString());

describe('amqplib on the double', () => {
  test('publishes with confirms, and gets what it published at another node', async () => {
    const channel = await (await dial()).createConfirmChannel();
    await channel.assertQueue('jobs', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const word of ['a', 'b', 'c']) channel.sendToQueue('jobs', Buffer.from(word), { persistent: true });
    await channel.waitForConfirms();

    const other = await (await dial(1)).createChannel();
    expect(await other.checkQueue('jobs')).toEqual({ queue: 'jobs', messageCount: 3, consumerCount: 0 });
    expect(textOf(await other.get('jobs', { noAck: true }))).toBe('a');
  });

  test('consumes with a prefetch and acknowledges', async () => {
    const channel = await (await dial()).createConfirmChannel();
    await channel.assertQueue('jobs', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.prefetch(2);
    const seen: string[] = [];
    const five = new Promise<void>((resolve) => {
      void channel.consume('jobs', (message) => {
        if (message === null) return;
        seen.push(message.content.toString());
        channel.ack(message);
        if (seen.length === 5) resolve();
      });
    });
    for (const word of ['a', 'b', 'c', 'd', 'e']) channel.sendToQueue('jobs', Buffer.from(word));
    await five;
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('finds everything again at another node after the leader died', async () => {
    const [first] = testbed.members;
    const channel = await (await dial()).createConfirmChannel();
    await channel.assertQueue('jobs', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    channel.sendToQueue('jobs', Buffer.from('kept'));
    await channel.waitForConfirms();
    if (first !== undefined) testbed.kill(first);

    const other = await (await dial(1)).createConfirmChannel();
    other.sendToQueue('jobs', Buffer.from('later'));
    await other.waitForConfirms();
    const next = await (await dial(2)).createChannel();
    expect(textOf(await next.get('jobs', { noAck: true }))).toBe('kept');
    expect(textOf(await next.get('jobs', { noAck: true }))).toBe('later');
  });
});
