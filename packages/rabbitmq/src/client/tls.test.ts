import type { AddressInfo } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { Server } from 'node:tls';
import { createServer } from 'node:tls';
import { hostOf, portOf } from '@failover/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { connect } from './connect.ts';
import { createClient } from './create-client.ts';
import { certificate, key } from './test-kit/localhost-certificate.ts';

let testbed: EmbeddedTestbed;
let fronts: readonly Server[];

/** Speaks TLS before a node. */
function front(testbed: EmbeddedTestbed, at: number): Promise<Server> {
  const member = testbed.members[at];
  if (member === undefined) throw new RangeError(`there is no member ${at}`);
  const server = createServer({ cert: certificate, key }, (socket) => {
    const node = connectTcp(portOf(member), hostOf(member));
    socket.on('error', () => node.destroy()).on('close', () => node.destroy());
    node.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(node).pipe(socket);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const portsOf = (): readonly number[] => fronts.map((server) => (server.address() as AddressInfo).port);

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 2 });
  fronts = await Promise.all([front(testbed, 0), front(testbed, 1)]);
});

afterEach(async () => {
  for (const server of fronts) server.close();
  await testbed[Symbol.asyncDispose]();
});

describe('TLS to the nodes', () => {
  it('is spoken by amqps, with the certificates that amqplib is given, and over a failover', async () => {
    const urls = portsOf().map((port) => `amqps://localhost:${port}`);
    const connection = await connect(urls, { ca: [Buffer.from(certificate)] });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const member of testbed.members) void testbed.closeConnections(member);
    channel.sendToQueue('q', Buffer.from('one'));
    await channel.waitForConfirms();
    expect(await channel.checkQueue('q')).toMatchObject({ messageCount: 1 });
    await connection.close();
  });

  it('trusts nobody that it was not told to trust', async () => {
    const servers = portsOf().map((port) => `127.0.0.1:${port}`);
    await using client = createClient({ servers, tls: true, holdMs: 1000 });
    await expect(client.connect()).rejects.toThrow(/320/);
    await using trusting = createClient({ servers, tls: { ca: certificate } });
    await (await trusting.connect()).close();
  });
});
