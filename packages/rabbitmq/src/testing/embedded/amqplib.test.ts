import { once } from 'node:events';
import { connect, type Channel, type ChannelModel, type ConsumeMessage, type GetMessage } from 'amqplib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostOf, portOf, type EndpointId } from '@failover/core';
import { launchEmbedded, type EmbeddedTestbed } from './launch-embedded.ts';

let testbed: EmbeddedTestbed;

beforeEach(async () => {
  testbed = await launchEmbedded({ electionMs: 20 });
});

afterEach(async () => {
  await testbed[Symbol.asyncDispose]();
});

function member(at: number): EndpointId {
  const found = testbed.members[at];
  if (found === undefined) throw new RangeError(`there is no member ${at}`);
  return found;
}

async function dial(at = 0): Promise<ChannelModel> {
  const model = await connect(`amqp://guest:guest@${hostOf(member(at))}:${portOf(member(at))}`);
  // What closes a connection is told twice: by the promise that fails, and here.
  model.on('error', () => undefined);
  return model;
}

async function channelOf(at = 0): Promise<Channel> {
  const channel = await (await dial(at)).createChannel();
  channel.on('error', () => undefined);
  return channel;
}

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
const textOf = (message: GetMessage | ConsumeMessage | false | null): string =>
  message === false || message === null ? '' : message.content.toString();

/** The texts of the next `count` deliveries. */
async function consumed(channel: Channel, queue: string, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    void channel.consume(queue, (message) => {
      if (message === null) return;
      seen.push(textOf(message));
      channel.ack(message);
      if (seen.length === count) resolve();
    });
  });
  return seen;
}

describe('messages', () => {
  test('are confirmed at one node and got at another', async () => {
    const channel = await (await dial()).createConfirmChannel();
    await channel.assertQueue('jobs', quorum);
    for (const word of ['a', 'b', 'c']) channel.sendToQueue('jobs', Buffer.from(word));
    await channel.waitForConfirms();
    const other = await channelOf(1);
    expect(await other.checkQueue('jobs')).toEqual({ queue: 'jobs', messageCount: 3, consumerCount: 0 });
    expect(textOf(await other.get('jobs', { noAck: true }))).toBe('a');
  });

  test('come one by one to whoever acknowledges them', async () => {
    const channel = await channelOf();
    await channel.assertQueue('jobs', quorum);
    await channel.prefetch(1);
    for (const word of ['a', 'b', 'c', 'd', 'e']) channel.sendToQueue('jobs', Buffer.from(word));
    expect(await consumed(channel, 'jobs', 5)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('come with all that they were sent with', async () => {
    const channel = await channelOf();
    await channel.assertQueue('jobs');
    const properties = { headers: { a: 1, b: ['x', null], c: { d: true } }, messageId: 'm', priority: 3 };
    const body = Buffer.alloc(300_000, 'x');
    channel.sendToQueue('jobs', body, { ...properties, persistent: true, contentType: 'text/plain' });
    const got = await channel.get('jobs', { noAck: true });
    expect(got === false ? undefined : got.properties).toMatchObject({ ...properties, deliveryMode: 2 });
    expect(got === false ? 0 : got.content.equals(body)).toBe(true);
  });

  test('that are refused come again, marked as such', async () => {
    const channel = await channelOf();
    await channel.assertQueue('jobs');
    channel.sendToQueue('jobs', Buffer.from('a'));
    channel.sendToQueue('jobs', Buffer.from('b'));
    const first = await channel.get('jobs');
    if (first === false) throw new Error('there is nothing in the queue');
    expect(first.fields.redelivered).toBe(false);
    channel.nack(first);
    const again = await channel.get('jobs');
    if (again === false) throw new Error('there is nothing in the queue');
    expect([textOf(again), again.fields.redelivered]).toEqual(['a', true]);
    channel.reject(again, false);
    expect(textOf(await channel.get('jobs'))).toBe('b');
  });

  test('go to bound queues, whatever the type of the exchange', async () => {
    const channel = await channelOf();
    await channel.assertExchange('news', 'topic');
    await channel.assertExchange('sports', 'fanout');
    await channel.bindExchange('sports', 'news', 'sports.#');
    await channel.assertQueue('all');
    await channel.bindQueue('all', 'news', '#');
    await channel.assertQueue('fans');
    await channel.bindQueue('fans', 'sports', '');
    await channel.assertQueue('urgent');
    await channel.bindQueue('urgent', 'amq.headers', '', { 'x-match': 'any', urgent: true });
    channel.publish('news', 'sports.chess', Buffer.from('mate'));
    channel.publish('news', 'weather', Buffer.from('rain'));
    channel.publish('amq.headers', '', Buffer.from('now'), { headers: { urgent: true } });
    const counts = await Promise.all(
      ['all', 'fans', 'urgent'].map(async (queue) => (await channel.checkQueue(queue)).messageCount),
    );
    expect(counts).toEqual([2, 1, 1]);
  });

  test('that go nowhere are returned before they are confirmed', async () => {
    const channel = await (await dial()).createConfirmChannel();
    const told: string[] = [];
    channel.on('return', (message: GetMessage) => told.push(`returned ${textOf(message)}`));
    await new Promise<void>((resolve) => {
      channel.publish('amq.direct', 'nowhere', Buffer.from('x'), { mandatory: true }, () => {
        told.push('confirmed');
        resolve();
      });
    });
    expect(told).toEqual(['returned x', 'confirmed']);
  });

  test('and a hundred confirms arrive once each', async () => {
    const channel = await (await dial()).createConfirmChannel();
    await channel.assertQueue('jobs', quorum);
    let confirmed = 0;
    for (let at = 0; at < 100; at += 1) {
      channel.sendToQueue('jobs', Buffer.from(String(at)), {}, (error) => {
        if (error === null) confirmed += 1;
      });
    }
    await channel.waitForConfirms();
    expect(confirmed).toBe(100);
  });

  test('are answered directly, without a queue', async () => {
    const server = await channelOf(1);
    await server.assertQueue('questions');
    await server.consume('questions', (question) => {
      if (question === null) return;
      server.sendToQueue(String(question.properties.replyTo), Buffer.from('42'), {
        correlationId: String(question.properties.correlationId),
      });
    });
    const client = await channelOf(0);
    const answer = new Promise<ConsumeMessage | null>((resolve) => {
      void client.consume('amq.rabbitmq.reply-to', resolve, { noAck: true });
    });
    client.sendToQueue('questions', Buffer.from('?'), {
      replyTo: 'amq.rabbitmq.reply-to',
      correlationId: 'c1',
    });
    const got = await answer;
    expect([textOf(got), got?.properties.correlationId]).toEqual(['42', 'c1']);
  });
});

describe('errors', () => {
  test('close the channel with the code and the words of RabbitMQ', async () => {
    const model = await dial();
    const failing = async (act: (channel: Channel) => Promise<unknown>): Promise<unknown> => {
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      return act(channel).catch((error: unknown) => error);
    };
    expect(await failing((channel) => channel.checkQueue('none'))).toMatchObject({ code: 404 });
    expect(await failing((channel) => channel.checkExchange('none'))).toMatchObject({ code: 404 });
    expect(await failing((channel) => channel.assertQueue('amq.mine'))).toMatchObject({ code: 403 });
    await failing((channel) => channel.assertQueue('kept'));
    const mismatch = await failing((channel) => channel.assertQueue('kept', { durable: false }));
    expect(mismatch).toMatchObject({ code: 406 });
    expect(String(mismatch)).toContain(
      "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'kept' in vhost '/': received 'false' but current is 'true'",
    );
    // The connection and its other channels live.
    expect(await failing((channel) => channel.checkQueue('kept'))).toMatchObject({ queue: 'kept' });
  });

  test('of a publish come on their own', async () => {
    const channel = await channelOf();
    const closed = once(channel, 'error');
    channel.publish('none', 'key', Buffer.from('x'));
    expect((await closed)[0]).toMatchObject({ code: 404 });
  });

  test('of a tag that is not known end the channel, and what it had in hand comes again', async () => {
    const channel = await channelOf();
    await channel.assertQueue('jobs');
    channel.sendToQueue('jobs', Buffer.from('a'));
    const message = await channel.get('jobs');
    if (message === false) throw new Error('there is nothing in the queue');
    const closed = once(channel, 'error');
    channel.ack({ ...message, fields: { ...message.fields, deliveryTag: 99 } });
    expect(String((await closed)[0])).toContain('unknown delivery tag 99');
    const again = await (await channelOf()).get('jobs');
    expect(again === false ? undefined : again.fields.redelivered).toBe(true);
  });

  test('exclusive queues are locked for others', async () => {
    const { queue } = await (await channelOf()).assertQueue('', { exclusive: true });
    expect(queue).toMatch(/^amq\.gen-[\w-]{22}$/);
    await expect((await channelOf()).checkQueue(queue)).rejects.toMatchObject({ code: 405 });
  });
});

test('consumers hear that their queue is gone', async () => {
  const channel = await channelOf();
  await channel.assertQueue('jobs');
  const cancelled = new Promise<unknown>((resolve) => {
    void channel.consume('jobs', resolve);
  });
  await (await channelOf(1)).deleteQueue('jobs');
  expect(await cancelled).toBeNull();
});

test('a consumer that is cancelled gets no more, and its message can be acknowledged', async () => {
  const channel = await channelOf();
  await channel.assertQueue('jobs');
  await channel.prefetch(1);
  channel.sendToQueue('jobs', Buffer.from('a'));
  channel.sendToQueue('jobs', Buffer.from('b'));
  const first = await new Promise<ConsumeMessage | null>((resolve) => {
    void channel.consume('jobs', resolve, { consumerTag: 't' });
  });
  await channel.cancel('t');
  if (first !== null) channel.ack(first);
  expect(await channel.checkQueue('jobs')).toMatchObject({ messageCount: 1, consumerCount: 0 });
});

test('publishers hear of alarms', async () => {
  const model = await dial();
  const channel = await model.createConfirmChannel();
  await channel.assertQueue('jobs');
  await testbed.alarm(member(2), true);
  const blocked = once(model, 'blocked');
  channel.sendToQueue('jobs', Buffer.from('a'));
  expect((await blocked)[0]).toBe('low on memory');
  const unblocked = once(model, 'unblocked');
  await testbed.alarm(member(2), false);
  await unblocked;
  await channel.waitForConfirms();
});

test('a secret can be renewed', async () => {
  const model = await dial();
  const renewed = once(model, 'update-secret-ok');
  await model.updateSecret(Buffer.from('new'), 'rotation');
  await renewed;
});

test('goodbye is answered', async () => {
  const model = await dial();
  const channel = await model.createChannel();
  await channel.close();
  await model.close();
});

test('all is found again at another node after the leader was killed', async () => {
  const channel = await (await dial()).createConfirmChannel();
  await channel.assertQueue('jobs', quorum);
  channel.sendToQueue('jobs', Buffer.from('kept'));
  await channel.waitForConfirms();
  testbed.kill(member(0));
  const other = await (await dial(1)).createConfirmChannel();
  other.sendToQueue('jobs', Buffer.from('later'));
  await other.waitForConfirms();
  const next = await channelOf(2);
  expect(textOf(await next.get('jobs', { noAck: true }))).toBe('kept');
  expect(textOf(await next.get('jobs', { noAck: true }))).toBe('later');
});
