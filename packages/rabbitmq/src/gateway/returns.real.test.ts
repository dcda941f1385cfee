import { connect } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { findVersion } from '../testing/find-server.ts';
import { launchCluster } from '../testing/launch.ts';
import { serve } from './test-kit/served.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
/** A quorum queue drops what has failed more often than 20 times. */
const times = 25;

describe('RabbitMQ 4.3', () => {
  it(`[38] counts no failed delivery when the local process ends ${times} times with a message in a client's hands`, async ({
    skip,
  }) => {
    const found = await findVersion('4.3');
    if (found.type === 'missing') return skip(`${found.reason}; cure: ${found.cure}`);
    await using testbed = await launchCluster({ server: found.server, nodes: 1, management: false });
    for (let time = 0; time <= times; time += 1) {
      await using served = await serve(testbed);
      const connection = await connect(served.url);
      connection.on('error', () => undefined);
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('q', quorum);
      if (time === 0) {
        channel.sendToQueue('q', Buffer.from('x'));
        await channel.waitForConfirms();
      }
      const headers = await new Promise((resolve) => {
        void channel.consume('q', (message) => resolve(message?.properties.headers));
      });
      expect(headers).not.toHaveProperty('x-delivery-count');
    }
  });
});
