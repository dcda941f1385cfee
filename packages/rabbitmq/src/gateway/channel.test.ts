import { endpointOf } from '@failover/core';
import { connect } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { connectAmqp } from '../testing/amqp-client.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { serve } from './test-kit/served.ts';

describe('a channel', () => {
  it('counts what its client sends behind confirm.select without waiting for the answer', async () => {
    await using testbed = await launchEmbedded();
    await using served = await serve(testbed);
    const client = await connectAmqp(testbed.runtime, endpointOf('127.0.0.1', served.port));
    const channel = await client.openChannel();
    const said = [
      channel.rpc('confirm.select'),
      ...Array.from({ length: 3 }, () => channel.publish({ routingKey: 'nowhere', body: 'x' })),
    ];
    expect(await Promise.all(said)).toMatchObject([{ name: 'confirm.select-ok' }, 'ack', 'ack', 'ack']);
    await client.close();
  });

  it('brings all again that its client gives back with basic.recover, up to its prefetch', async () => {
    await using testbed = await launchEmbedded();
    await using served = await serve(testbed);
    const connection = await connect(served.url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q');
    for (let at = 0; at < 4; at += 1) channel.sendToQueue('q', Buffer.from(`m${at}`));
    await channel.waitForConfirms();
    await channel.prefetch(2);
    const got: string[] = [];
    await channel.consume('q', (message) => got.push(message?.content.toString() ?? 'cancelled'));
    await expect.poll(() => got).toEqual(['m0', 'm1']);
    await channel.recover();
    await expect.poll(() => got).toEqual(['m0', 'm1', 'm0', 'm1']);
    channel.ackAll();
    await expect.poll(() => got).toEqual(['m0', 'm1', 'm0', 'm1', 'm2', 'm3']);
    await connection.close();
  });
});
