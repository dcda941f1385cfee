import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { launchCluster } from '../testing/launch.ts';
import { seriesUnderTest } from '../testing/series-under-test.ts';
import type { RabbitTestbed } from '../testing/testbed.ts';
import { serve } from './test-kit/served.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

/** ms: half an hour and a minute as RabbitMQ comes. At each tick it looks for what was not settled in time. */
const settings =
  'application:set_env(rabbit, consumer_timeout, 500), application:set_env(rabbit, channel_tick_interval, 500).';
const againMs = 20_000;

describe.each(await seriesUnderTest())(
  'RabbitMQ $series, which waits half a second for an acknowledgement',
  ({ search }) => {
    let testbed: RabbitTestbed;

    beforeAll(async () => {
      if (search.type === 'missing') return;
      testbed = await launchCluster({ server: search.server, nodes: 1, management: false });
      for (const node of testbed.members) await testbed.ctl(node, 'eval', settings);
    });
    afterAll(async () => {
      if (search.type === 'found') await testbed[Symbol.asyncDispose]();
    });

    it.for(['through the gateway', 'in process'] as const)(
      '[26] ends the channel of a consumer that does not acknowledge, and nothing else, %s',
      async (how, { skip }) => {
        if (search.type === 'missing') return skip(search.reason);
        await using served = await serve(testbed);
        await using client = createClient(testbed.config);
        const isInProcess = how === 'in process';
        const connection = isInProcess ? await client.connect() : await connect(served.url);
        const ended: string[] = [];
        for (const event of ['error', 'close'] as const) connection.on(event, () => ended.push(event));
        const queue = `slow ${how}`;
        const other = await connection.createConfirmChannel();
        await other.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
        other.sendToQueue(queue, Buffer.from('x'));
        await other.waitForConfirms();
        const slow = await connection.createChannel();
        const failed = new Promise<unknown>((resolve) => slow.once('error', resolve));
        const closed = new Promise((resolve) => slow.once('close', resolve));
        await slow.consume(queue, () => undefined);
        expect(await failed).toMatchObject({
          code: 406,
          message: expect.stringMatching(/delivery acknowledgement on channel \d+ timed out/) as string,
        });
        await closed;
        // The other channel goes on, and the message is there again.
        await expect
          .poll(() => other.get(queue, { noAck: true }), { timeout: againMs })
          .toMatchObject({ fields: { redelivered: true } });
        expect(ended).toEqual([]);
        expect((isInProcess ? client : served.gateway).counters).toMatchObject({ switches: 0 });
        await connection.close();
      },
    );
  },
);
