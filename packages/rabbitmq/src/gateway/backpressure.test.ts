import type { Duplex } from 'node:stream';
import { endpointOf } from '@failover/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAmqp } from '../testing/amqp-client.ts';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { openRawClient } from '../testing/embedded/test-kit/raw-client.ts';
import { consume } from '../testing/embedded/test-kit/speak.ts';
import type { Served } from './test-kit/served.ts';
import { serve } from './test-kit/served.ts';
import { tapNodes } from './test-kit/tap-nodes.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

let testbed: EmbeddedTestbed;
let served: Served;
let toNodes: Duplex[];
const quorum = { queue: 'q', durable: true, arguments: { 'x-queue-type': 'quorum' } };
const maxHeldBytes = 128 * 1024;
/** Node reads from a socket in pieces of this size. */
const chunkBytes = 64 * 1024;

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 3, electionMs: 20, stuckMs: 300 });
  toNodes = [];
  const runtime = tapNodes(testbed.runtime, { onDial: (_endpoint, stream) => toNodes.push(stream) });
  served = await serve({ ...testbed, runtime }, { maxHeldBytes });
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await testbed[Symbol.asyncDispose]();
});

const here = () => endpointOf('127.0.0.1', served.port);

function onlySocket(): Served['sockets'][number] {
  const [socket, ...others] = served.sockets;
  if (socket === undefined || others.length > 0) throw new Error('there is not one client');
  return socket;
}

describe('what does not fit', () => {
  it('[36] is not read from a publisher while all nodes are away, and goes when they are back', async () => {
    const client = await connectAmqp(testbed.runtime, here());
    const channel = await client.openChannel();
    await channel.rpc('confirm.select');
    await channel.rpc('queue.declare', quorum);
    const socket = onlySocket();
    for (const member of testbed.members) testbed.kill(member);
    await expect.poll(() => served.gateway.counters['switches']).toBe(1);
    const before = socket.bytesRead;
    const body = Buffer.alloc(16 * 1024);
    const confirms = Array.from({ length: 200 }, () => channel.publish({ routingKey: 'q', body }, 50_000));
    await expect.poll(() => socket.isPaused()).toBe(true);
    expect(socket.bytesRead - before).toBeGreaterThan(maxHeldBytes);
    expect(socket.bytesRead - before).toBeLessThan(maxHeldBytes + 2 * chunkBytes);
    for (const member of testbed.members) await testbed.restart(member);
    expect(new Set(await Promise.all(confirms))).toEqual(new Set(['ack']));
    expect(await channel.rpc('queue.declare', quorum)).toMatchObject({ messageCount: 200 });
    await client.close();
  });

  it('[36] is not read from a node while its consumer reads nothing, and comes when it does', async () => {
    const [member] = testbed.members;
    if (member === undefined) throw new Error('no node');
    const count = 60;
    const body = Buffer.alloc(512 * 1024);
    const direct = await connectAmqp(testbed.runtime, member);
    const publisher = await direct.openChannel();
    await publisher.rpc('confirm.select');
    await publisher.rpc('queue.declare', quorum);
    for (let at = 0; at < count; at += 1) await publisher.publish({ routingKey: 'q', body }, 20_000);

    const client = openRawClient({ runtime: testbed.runtime, endpoint: here() });
    await client.take();
    client.send(1, 'channel.open', {});
    await client.take();
    client.send(1, 'basic.consume', consume('q', 'c', { noAck: true }));
    client.stream.pause();
    const isNodePaused = (): boolean => toNodes.some((stream) => !stream.destroyed && stream.isPaused());
    await expect.poll(isNodePaused).toBe(true);
    // More than what the kernel took is not waiting here.
    expect(onlySocket().writableLength).toBeLessThan(4 * body.length);
    expect(served.gateway.counters['delivered']).toBeLessThan(count);

    client.stream.resume();
    const bodies = (): number => client.heard.filter(({ method }) => method.name === 'basic.deliver').length;
    await expect.poll(bodies).toBe(count);
    expect(isNodePaused()).toBe(false);
    client.stream.destroy();
    await direct.close();
  });
});
