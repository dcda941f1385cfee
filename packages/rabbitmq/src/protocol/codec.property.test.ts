import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodySizeAt, splitBody, withHeaders } from './content.ts';
import { decodeMethod } from './decode.ts';
import { encodeContent, encodeMethod } from './encode.ts';
import type { FieldType } from './fields.ts';
import { frameHeaderBytes, frameType } from './frame.ts';
import type { MethodName } from './methods.ts';
import { methods } from './methods.ts';
import { decodeProperties } from './properties.ts';
import { createFrameScanner } from './scan.ts';
import type { TableValue } from './table.ts';

/** amqplib's own codec, written by others from the same specification: what both read alike is right. */
interface Oracle {
  decode(id: number, payload: Buffer): Readonly<Record<string, unknown>>;
  encodeMethod(id: number, channel: number, fields: Readonly<Record<string, unknown>>): Buffer;
}
const require = createRequire(createRequire(import.meta.url).resolve('amqplib'));
const oracle = require('./lib/defs') as Oracle;

const shortstr = fc.string({ maxLength: 60 });
const leaf: fc.Arbitrary<TableValue> = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }).filter((value) => !Number.isInteger(value)),
  fc.string({ maxLength: 300 }),
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const key = fc
  .string({ minLength: 1, maxLength: 20 })
  .filter((text) => text !== '__proto__' && text !== '!' && text !== 'type');
const table = fc.dictionary(
  key,
  fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(key, leaf, { maxKeys: 3, noNullPrototype: true }),
  ),
  { maxKeys: 5, noNullPrototype: true },
);
const arbitraries: Readonly<Record<FieldType, fc.Arbitrary<unknown>>> = {
  octet: fc.nat(255),
  short: fc.nat(65_535),
  long: fc.nat(2 ** 32 - 1),
  longlong: fc.nat(Number.MAX_SAFE_INTEGER),
  flag: fc.boolean(),
  shortstr,
  longstr: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  table,
};
const method = fc.constantFrom(...(Object.keys(methods) as MethodName[])).chain((name) => {
  const fields = Object.entries<FieldType>(methods[name].fields).filter(
    ([field]) => !field.startsWith('reserved'),
  );
  return fc
    .record(Object.fromEntries(fields.map(([field, type]) => [field, arbitraries[type]])), {
      noNullPrototype: true,
    })
    .map((values) => ({ name, values }));
});

/** amqplib names two fields otherwise, and reads 64 bits of a table as it can. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
};

describe('the codec', () => {
  it('reads back every method that it writes', () => {
    fc.assert(
      fc.property(fc.nat(65_535), method, (channel, { name, values }) => {
        const bytes = encodeMethod(channel, name, values as never);
        expect(bytes.readUInt16BE(1)).toBe(channel);
        expect(decodeMethod(bytes, 0, bytes.length)).toEqual({ name, ...values });
      }),
      { numRuns: 500 },
    );
  });

  it('writes what amqplib reads', () => {
    fc.assert(
      fc.property(method, ({ name, values }) => {
        const bytes = encodeMethod(1, name, values as never);
        const read = oracle.decode(methods[name].id, bytes.subarray(frameHeaderBytes + 4, bytes.length - 1));
        for (const [field, value] of Object.entries(values)) {
          const told = read[field];
          expect(plain(told)).toEqual(plain(value));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(method, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 80 }),
        (sent, cuts) => {
          const frames = sent.map(({ name, values }) => encodeMethod(1, name, values as never));
          const bytes = Buffer.concat(frames);
          const scanner = createFrameScanner(131_072);
          const found: string[] = [];
          let at = 0;
          for (let turn = 0; at < bytes.length; turn += 1) {
            const size = cuts[turn % cuts.length] as number;
            scanner.feed(Buffer.from(bytes.subarray(at, at + size)), (chunk, from, to) => {
              found.push(chunk.toString('hex', from, to));
              return true;
            });
            at += size;
          }
          expect(found).toEqual(frames.map((each) => each.toString('hex')));
          expect(scanner.pendingBytes).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never throws anything but a FrameError at bytes that are no frames, and holds no more than one frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        const scanner = createFrameScanner(4096);
        try {
          for (const chunk of chunks) {
            scanner.feed(Buffer.from(chunk), (bytes, from, to) => {
              if (bytes[from] === frameType.method) decodeMethod(bytes, from, to);
              return true;
            });
            expect(scanner.pendingBytes).toBeLessThanOrEqual(4096);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'FrameError', code: 501 });
        }
      }),
      { numRuns: 500 },
    );
  });
});

const properties = fc.record(
  {
    contentType: shortstr,
    contentEncoding: shortstr,
    headers: table,
    deliveryMode: fc.nat(2),
    priority: fc.nat(9),
    correlationId: shortstr,
    replyTo: shortstr,
    expiration: shortstr,
    messageId: shortstr,
    timestamp: fc.nat(),
    type: shortstr,
    userId: shortstr,
    appId: shortstr,
  },
  { requiredKeys: [], noNullPrototype: true },
);

describe('content', () => {
  it('comes back with the same properties and size, and a mark changes nothing else', () => {
    fc.assert(
      fc.property(properties, fc.nat(100_000), (sent, size) => {
        const [header = Buffer.alloc(0), ...bodies] = encodeContent(7, sent, Buffer.alloc(size, 1), 4096);
        expect(bodySizeAt(header, 0, header.length)).toBe(size);
        expect(bodies.reduce((sum, body) => sum + body.length - 8, 0)).toBe(size);
        expect(Math.max(0, ...bodies.map((body) => body.length))).toBeLessThanOrEqual(4096);
        const marked = withHeaders(header, 0, header.length, { 'x-failover-resent': 1 });
        const read = decodeProperties(marked, frameHeaderBytes, marked.length - 1);
        expect(read.bodySize).toBe(size);
        expect(read.properties).toEqual({ ...sent, headers: { ...sent.headers, 'x-failover-resent': 1 } });
      }),
      { numRuns: 200 },
    );
  });

  it('splits a body for a peer that takes smaller frames', () => {
    const body = encodeContent(3, {}, Buffer.from('a'.repeat(10_000)), 131_072)[1] as Buffer;
    const pieces = splitBody(body, 0, body.length, 4096);
    expect(pieces.map((piece) => piece.length)).toEqual([4096, 4096, 1832]);
    expect(Buffer.concat(pieces.map((piece) => piece.subarray(7, -1))).toString()).toBe('a'.repeat(10_000));
    expect(new Set(pieces.map((piece) => piece.readUInt16BE(1)))).toEqual(new Set([3]));
  });
});
