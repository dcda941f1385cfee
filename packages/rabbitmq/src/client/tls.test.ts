import { portOf } from '@failover/core';
import type { TlsFront } from '@failover/testing';
import { localhostCertificate, startTlsFront } from '@failover/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { connect } from './connect.ts';
import { createClient } from './create-client.ts';

let testbed: EmbeddedTestbed;
let fronts: readonly TlsFront[];

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 2 });
  fronts = await Promise.all(testbed.members.map((member) => startTlsFront(member)));
});

afterEach(async () => {
  await testbed[Symbol.asyncDispose]();
  await Promise.all(fronts.map((front) => front[Symbol.asyncDispose]()));
});

describe('TLS to the nodes', () => {
  it('is spoken by amqps, with the certificates that amqplib is given, and over a failover', async () => {
    const urls = fronts.map(({ endpoint }) => `amqps://localhost:${portOf(endpoint)}`);
    const connection = await connect(urls, { ca: [Buffer.from(localhostCertificate)] });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const member of testbed.members) void testbed.closeConnections(member);
    channel.sendToQueue('q', Buffer.from('one'));
    await channel.waitForConfirms();
    expect(await channel.checkQueue('q')).toMatchObject({ messageCount: 1 });
    await connection.close();
  });

  it('trusts nobody that it was not told to trust', async () => {
    const servers = fronts.map(({ endpoint }) => endpoint);
    await using client = createClient({ servers, tls: true, holdMs: 1000 });
    await expect(client.connect()).rejects.toThrow(/320/);
    await using trusting = createClient({ servers, tls: { ca: localhostCertificate } });
    await (await trusting.connect()).close();
  });
});
