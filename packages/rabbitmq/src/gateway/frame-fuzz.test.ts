import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeContent, encodeMethod } from '../protocol/encode.ts';
import { frameEndAt, frameHeaderBytes } from '../protocol/frame.ts';
import type { RawClient } from '../testing/embedded/test-kit/raw-client.ts';
import { openRawClient } from '../testing/embedded/test-kit/raw-client.ts';
import { ack, bind, cancel, consume, declare, get, qos, quorum } from '../testing/embedded/test-kit/speak.ts';
import { tapNodes } from './test-kit/tap-nodes.ts';
import { all, here, openWorld } from './test-kit/world.ts';
import type { World } from './test-kit/world.ts';

// What is almost right is worse than noise: whole frames of a working session, of which one is damaged.

type Damage =
  | { readonly type: 'size'; readonly value: number }
  | { readonly type: 'channel'; readonly value: number }
  | { readonly type: 'kind'; readonly value: number }
  | { readonly type: 'end'; readonly value: number }
  | { readonly type: 'byte'; readonly place: number; readonly value: number }
  | { readonly type: 'cut'; readonly place: number }
  | { readonly type: 'swap'; readonly other: number }
  | { readonly type: 'twice' }
  | { readonly type: 'gone' };

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    type: fc.constant('size' as const),
    value: fc.oneof(fc.nat(40), fc.constantFrom(131_064, 131_065, 0x7fff_ffff, 0xffff_ffff)),
  }),
  fc.record({ type: fc.constant('channel' as const), value: fc.constantFrom(0, 1, 2, 3, 2047, 65_535) }),
  fc.record({ type: fc.constant('kind' as const), value: fc.oneof(fc.nat(9), fc.constant(255)) }),
  fc.record({ type: fc.constant('end' as const), value: fc.nat(255) }),
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('byte' as const), place: fc.nat(60), value: fc.nat(255) }),
  },
  fc.record({ type: fc.constant('cut' as const), place: fc.nat(60) }),
  fc.record({ type: fc.constant('swap' as const), other: fc.nat(20) }),
  fc.record({ type: fc.constant('twice' as const) }),
  fc.record({ type: fc.constant('gone' as const) }),
);

function damaged(frames: readonly Buffer[], place: number, how: Damage): Buffer {
  const all = frames.map((frame): Buffer => Buffer.from(frame));
  const at = place % all.length;
  const one = all[at] ?? Buffer.alloc(0);
  switch (how.type) {
    case 'size':
      one.writeUInt32BE(how.value, 3);
      break;
    case 'channel':
      one.writeUInt16BE(how.value, 1);
      break;
    case 'kind':
      one[0] = how.value;
      break;
    case 'end':
      one[one.length - 1] = how.value;
      break;
    case 'byte':
      one[Math.min(frameHeaderBytes + how.place, one.length - 1)] = how.value;
      break;
    case 'cut':
      all[at] = one.subarray(0, Math.min(how.place, one.length - 1));
      break;
    case 'swap': {
      const other = how.other % all.length;
      [all[at], all[other]] = [all[other] as Buffer, one];
      break;
    }
    case 'twice':
      all.splice(at, 0, one);
      break;
    case 'gone':
      all.splice(at, 1);
      break;
  }
  return Buffer.concat(all);
}

const message = (channel: number): readonly Buffer[] => [
  encodeMethod(channel, 'basic.publish', {
    exchange: '',
    routingKey: 'q',
    mandatory: true,
    immediate: false,
  }),
  ...encodeContent(
    channel,
    { contentType: 'text/plain', headers: { a: { b: [1, 'c'] } }, correlationId: 'd' },
    Buffer.from('body'),
    131_072,
  ),
];

const declaring = encodeMethod(1, 'queue.declare', declare('q', quorum));

const session: readonly Buffer[] = [
  declaring,
  encodeMethod(1, 'confirm.select', { nowait: false }),
  ...message(1),
  encodeMethod(2, 'basic.qos', qos(2)),
  encodeMethod(2, 'basic.consume', consume('q', 'c', { arguments: { 'x-priority': 1 } })),
  ...message(2),
  encodeMethod(2, 'basic.ack', ack(1)),
  encodeMethod(1, 'queue.bind', bind('q', 'amq.topic', '#')),
  encodeMethod(1, 'basic.get', get('q')),
  encodeMethod(2, 'basic.cancel', cancel('c')),
];

let one: World;
let onBytes: (bytes: Buffer) => Buffer;

beforeEach(async () => {
  onBytes = (bytes) => bytes;
  one = await openWorld({ electionMs: 20 }, {}, (runtime) =>
    tapNodes(runtime, { onBytes: (bytes) => onBytes(bytes) }),
  );
});

afterEach(() => one[Symbol.asyncDispose]());

async function openClient(): Promise<RawClient> {
  const client = openRawClient({ runtime: one.testbed.runtime, endpoint: here });
  await one.until(client.take());
  for (const channel of [1, 2]) client.send(channel, 'channel.open', {});
  for (let at = 0; at < 2; at += 1) await one.until(client.take());
  return client;
}

/** It goes, and nothing of it stays. */
async function leave(client: RawClient): Promise<void> {
  client.stream.destroy();
  const left = (): readonly number[] => ['clients', 'channels', 'upstreams'].map(one.counter);
  await one.untilSo(() => left().every((count) => count === 0), 20_000).catch(() => undefined);
  expect(left()).toEqual([0, 0, 0]);
}

describe('a frame of a client that is damaged', () => {
  it.each(['is there', 'is away and comes back', 'is lost with what it was sent'])(
    'ends in a clear word or is waited for, and leaves nothing behind (its node %s)',
    async (node) => {
      const { testbed } = one;
      await fc.assert(
        fc.asyncProperty(fc.nat(30), damage, async (place, how) => {
          const client = await openClient();
          if (node === 'is away and comes back') all(testbed, (member) => testbed.kill(member));
          if (node === 'is lost with what it was sent') all(testbed, (member) => testbed.hang(member));
          client.stream.write(damaged(session, place, how));
          await testbed.runtime.advance(20);
          if (node === 'is lost with what it was sent') all(testbed, (member) => testbed.kill(member));
          if (node !== 'is there') all(testbed, (member) => testbed.restart(member));
          await testbed.runtime.advance(node === 'is there' ? 20 : 1000);
          for (const { method } of client.drain())
            if (method.name === 'connection.close')
              expect([500, 501, 502, 503, 504, 505, 530, 540]).toContain(method.replyCode);
          await leave(client);
        }),
        { numRuns: 80 },
      );
    },
  );

  it('and could not be read, is refused with 501 also if it had to wait for a node', async () => {
    const { testbed } = one;
    const client = await openClient();
    all(testbed, (member) => testbed.kill(member));
    await testbed.runtime.advance(100);
    const bad = Buffer.from(declaring);
    // The name of the queue is longer than the frame.
    bad[frameHeaderBytes + 6] = 255;
    client.stream.write(bad);
    await testbed.runtime.advance(100);
    all(testbed, (member) => testbed.restart(member));
    expect((await one.until(client.take()))?.method).toMatchObject({
      name: 'connection.close',
      replyCode: 501,
    });
    await leave(client);
  });

  it('with properties that nobody can read, breaks nothing when its message has to go again', async () => {
    const { testbed } = one;
    const client = await openClient();
    client.stream.write(Buffer.concat([declaring, encodeMethod(1, 'confirm.select', { nowait: false })]));
    for (let at = 0; at < 2; at += 1) await one.until(client.take());
    all(testbed, (member) => testbed.hang(member));
    const [method, header, body] = message(1) as readonly [Buffer, Buffer, Buffer];
    // It says that there is a content type, which is longer than the frame.
    header[frameHeaderBytes + 14] = 255;
    client.stream.write(Buffer.concat([method, header, body]));
    await testbed.runtime.advance(20);
    all(testbed, (member) => testbed.kill(member));
    await testbed.runtime.advance(20);
    all(testbed, (member) => testbed.restart(member));
    await testbed.runtime.advance(2000);
    await leave(client);
  });
});

describe('a frame of a node that is damaged', () => {
  it('costs at most the connection to that node, and leaves nothing behind', async () => {
    const { testbed } = one;
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.nat(3), damage, async (after, place, how) => {
        const client = await openClient();
        // What is passed on may be as damaged as it came.
        client.stream.removeAllListeners('data');
        client.stream.resume();
        let chunks = 0;
        onBytes = (bytes) => {
          chunks += 1;
          return chunks === after + 1 ? damaged(framesOf(bytes), place, how) : bytes;
        };
        for (const frame of session) {
          client.stream.write(frame);
          await testbed.runtime.advance(5);
        }
        await testbed.runtime.advance(3000);
        onBytes = (bytes) => bytes;
        const other = await openClient();
        other.stream.write(declaring);
        expect((await one.until(other.take()))?.method.name).toBe('queue.declare-ok');
        other.stream.destroy();
        await leave(client);
      }),
      { numRuns: 100, examples: [[6, 1, { type: 'byte', place: 5, value: 2 }]] },
    );
  });
});

function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end =
      at + frameHeaderBytes <= bytes.length ? Math.min(frameEndAt(bytes, at), bytes.length) : bytes.length;
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
