import { endpointOf } from '@failover/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMethod } from '../protocol/encode.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { channelAt, frame, frameType, protocolHeader } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import { connectAmqp } from '../testing/amqp-client.ts';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import type { Served } from './test-kit/served.ts';
import { serve } from './test-kit/served.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

let testbed: EmbeddedTestbed;
let served: Served;
const quorum = { queue: 'q', durable: true, arguments: { 'x-queue-type': 'quorum' } };

beforeEach(async () => {
  testbed = await launchEmbedded({ nodes: 3, electionMs: 20, stuckMs: 300 });
  served = await serve(testbed);
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await testbed[Symbol.asyncDispose]();
});

const here = () => endpointOf('127.0.0.1', served.port);

/** A client that writes bytes and hears methods. */
async function rawClient(frameMax = 131_072) {
  const stream = testbed.runtime.connect(here());
  const heard: (Method & { readonly channel: number })[] = [];
  const bodies: Buffer[] = [];
  const scanner = createFrameScanner(131_072);
  let isClosed = false;
  stream.on('error', () => undefined);
  stream.on('close', () => (isClosed = true));
  stream.on('data', (chunk: Buffer) => {
    if (chunk[0] === 0x41) {
      bodies.push(chunk);
      return;
    }
    scanner.feed(chunk, (bytes, from, to) => {
      if (bytes[from] === frameType.method) {
        heard.push({ ...decodeMethod(bytes, from, to), channel: channelAt(bytes, from) });
      } else if (bytes[from] === frameType.body) bodies.push(bytes.subarray(from, to));
      return true;
    });
  });
  await new Promise((resolve) => stream.once('connect', resolve));
  const client = {
    heard,
    bodies,
    get isClosed() {
      return isClosed;
    },
    write: (...bytes: readonly Buffer[]) => {
      for (const each of bytes) stream.write(each);
    },
    async hear<N extends Method['name']>(name: N): Promise<Extract<Method, { readonly name: N }>> {
      await expect.poll(() => heard.map((method): string => method.name)).toContain(name);
      const [found] = heard.splice(
        heard.findIndex((method) => method.name === name),
        1,
      );
      return found as unknown as Extract<Method, { readonly name: N }>;
    },
    async open(): Promise<void> {
      client.write(protocolHeader);
      await client.hear('connection.start');
      client.write(
        encodeMethod(0, 'connection.start-ok', {
          clientProperties: {},
          mechanism: 'PLAIN',
          response: Buffer.from('\0guest\0guest'),
          locale: 'en_US',
        }),
      );
      await client.hear('connection.tune');
      client.write(
        encodeMethod(0, 'connection.tune-ok', { channelMax: 100, frameMax, heartbeat: 0 }),
        encodeMethod(0, 'connection.open', { virtualHost: '/' }),
      );
      await client.hear('connection.open-ok');
      client.write(encodeMethod(1, 'channel.open', {}));
      await client.hear('channel.open-ok');
    },
    destroy: () => stream.destroy(),
  };
  return client;
}

const declare = (channel: number): Buffer =>
  encodeMethod(channel, 'queue.declare', {
    passive: false,
    exclusive: false,
    autoDelete: false,
    nowait: false,
    ...quorum,
  });
const publish = (channel: number, body: Buffer, pieceBytes = 1000): readonly Buffer[] => {
  const head = Buffer.alloc(14);
  head.writeUInt16BE(60);
  head.writeUInt32BE(body.length, 8);
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) {
    pieces.push(frame(frameType.body, channel, body.subarray(at, at + pieceBytes)));
  }
  return [
    encodeMethod(channel, 'basic.publish', {
      exchange: '',
      routingKey: 'q',
      mandatory: false,
      immediate: false,
    }),
    frame(frameType.header, channel, head),
    ...pieces,
  ];
};

async function killTheirNode(): Promise<void> {
  const before = served.gateway.counters['switches'] ?? 0;
  for (const member of testbed.members) void testbed.closeConnections(member);
  await expect.poll(() => served.gateway.counters['switches']).toBeGreaterThan(before);
}

describe('frames of a client', () => {
  it('[42] another protocol, or another version, is told what is spoken here', async () => {
    const client = await rawClient();
    client.write(Buffer.concat([Buffer.from('AMQP'), Buffer.from([0, 1, 0, 0])]));
    await expect.poll(() => client.bodies[0]?.equals(protocolHeader)).toBe(true);
    await expect.poll(() => client.isClosed).toBe(true);
  });

  it('[35] a wrong end octet ends the connection with 501', async () => {
    const client = await rawClient();
    await client.open();
    const bad = declare(1);
    bad[bad.length - 1] = 0;
    client.write(bad);
    expect(await client.hear('connection.close')).toMatchObject({ replyCode: 501 });
    client.destroy();
  });

  it.each([
    ['a method where content was expected', [publish(1, Buffer.from('x'))[0] as Buffer, declare(1)], 505],
    ['content without a method', [publish(1, Buffer.from('x'))[1] as Buffer], 505],
    ['a channel that is not open', [declare(7)], 504],
    ['a channel that is opened twice', [encodeMethod(1, 'channel.open', {})], 504],
    ['a channel above the limit', [encodeMethod(101, 'channel.open', {})], 530],
    ['a frame above the limit', [frame(frameType.body, 1, Buffer.alloc(140_000))], 501],
    ['a method that does not belong there', [encodeMethod(0, 'connection.open', { virtualHost: '/' })], 503],
  ])('%s is refused with its own code', async (_name, frames, code) => {
    const client = await rawClient();
    await client.open();
    client.write(...frames);
    expect(await client.hear('connection.close')).toMatchObject({ replyCode: code });
    client.destroy();
    await expect.poll(() => served.gateway.counters['clients']).toBe(0);
    await expect.poll(() => served.gateway.counters['upstreams']).toBe(0);
  });

  it('[35] mean the same however they are cut', async () => {
    const client = await rawClient();
    await client.open();
    const bytes = Buffer.concat([declare(1), ...publish(1, Buffer.from('a'.repeat(2500)))]);
    for (const byte of bytes) client.write(Buffer.from([byte]));
    await client.hear('queue.declare-ok');
    await using direct = await observer();
    await expect.poll(async () => (await direct.get())?.body.toString()).toBe('a'.repeat(2500));
    client.destroy();
  });

  it('[15] a message that is cut in two by the loss of the node goes whole', async () => {
    const client = await rawClient();
    await client.open();
    client.write(declare(1));
    await client.hear('queue.declare-ok');
    const [method = Buffer.alloc(0), header = Buffer.alloc(0), ...pieces] = publish(
      1,
      Buffer.from('b'.repeat(3000)),
    );
    client.write(method, header, pieces[0] as Buffer);
    await expect.poll(() => served.gateway.counters['upstreams']).toBe(1);
    await killTheirNode();
    client.write(...pieces.slice(1));
    await using direct = await observer();
    await expect.poll(async () => (await direct.get())?.body.toString()).toBe('b'.repeat(3000));
    expect(await direct.get()).toBeUndefined();
    client.destroy();
  });

  it('[34] small frames behind a node with large ones: bodies of every size pass both ways', async () => {
    const client = await rawClient(4096);
    await client.open();
    client.write(declare(1), encodeMethod(1, 'confirm.select', { nowait: false }));
    await client.hear('queue.declare-ok');
    const sizes = [0, 1, 4087, 4088, 4089, 8176, 131_064, 200_000];
    for (const size of sizes) client.write(...publish(1, Buffer.alloc(size, 7), 4088));
    await using direct = await observer();
    for (const size of sizes) {
      await expect.poll(async () => (await direct.get())?.body.length).toBe(size);
    }
    await direct.publish(Buffer.alloc(200_000, 9));
    client.write(encodeMethod(1, 'basic.get', { queue: 'q', noAck: true }));
    await client.hear('basic.get-ok');
    await expect.poll(() => client.bodies.reduce((sum, body) => sum + body.length - 8, 0)).toBe(200_000);
    expect(Math.max(...client.bodies.map((body) => body.length))).toBeLessThanOrEqual(4096);
    client.destroy();
  });

  it('[33] a channel that is closing while its node goes is closed, and its number is free again', async () => {
    const client = await rawClient();
    await client.open();
    for (const member of testbed.members) testbed.hang(member);
    client.write(
      encodeMethod(1, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 }),
    );
    client.write(encodeMethod(2, 'channel.open', {}));
    await expect.poll(() => served.gateway.counters['channels']).toBe(2);
    for (const member of testbed.members) testbed.kill(member);
    await client.hear('channel.close-ok');
    for (const member of testbed.members) await testbed.restart(member);
    await client.hear('channel.open-ok');
    client.write(encodeMethod(1, 'channel.open', {}));
    await client.hear('channel.open-ok');
    client.write(declare(1), declare(2));
    await client.hear('queue.declare-ok');
    await client.hear('queue.declare-ok');
    client.destroy();
  });

  it('any bytes at all end in a refusal or are waited for, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 6 }),
        async (chunks) => {
          const client = await rawClient();
          await client.open();
          client.write(...chunks.map((chunk) => Buffer.from(chunk)));
          client.write(
            encodeMethod(0, 'connection.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 }),
          );
          client.destroy();
          await expect.poll(() => served.gateway.counters['clients']).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
    await expect.poll(() => served.gateway.counters['upstreams']).toBe(0);
  });
});

async function observer() {
  const [member] = testbed.members;
  if (member === undefined) throw new Error('no node');
  const client = await connectAmqp(testbed.runtime, member);
  const channel = await client.openChannel();
  await channel.rpc('confirm.select');
  return {
    get: () => channel.get('q', true),
    publish: (body: Buffer) => channel.publish({ routingKey: 'q', body }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

describe('nodes that do not answer', () => {
  it('[3] a stopped node that is first in the list holds nobody', async () => {
    const [first] = testbed.members;
    if (first === undefined) throw new Error('no node');
    testbed.hang(first);
    const client = await connectAmqp(testbed.runtime, here(), { timeoutMs: 3000 });
    await client.close();
  });
});
