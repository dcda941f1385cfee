import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplyDecoder } from './decode.ts';
import { createRequestDecoder } from './decode-request.ts';
import { encodeCommand, encodeReply } from './encode.ts';
import type { RespValue } from './value.ts';

const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const whole = fc
  .oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));

const { value: values } = fc.letrec<{ value: RespValue; leaf: RespValue }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ type: fc.constant('simple' as const), text: line }),
    fc.record({ type: fc.constant('error' as const), text: line }),
    fc.record({ type: fc.constant('integer' as const), value: whole }),
    fc.record({ type: fc.constant('bulk' as const), bytes }),
    fc.record({ type: fc.constant('null' as const), form: fc.constantFrom('bulk', 'array', 'resp3') }),
    fc.record({ type: fc.constant('double' as const), value: fc.double() }),
    fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.record({ type: fc.constant('bigNumber' as const), value: fc.bigInt() }),
    fc.record({ type: fc.constant('bulkError' as const), text: fc.string({ unit: 'grapheme' }) }),
    fc.record({ type: fc.constant('verbatim' as const), format: fc.constantFrom('txt', 'mkd'), bytes }),
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie('leaf'),
    fc.record({
      type: fc.constantFrom('array' as const, 'set' as const, 'push' as const),
      items: fc.array(tie('value'), { maxLength: 4 }),
    }),
    fc.record({
      type: fc.constant('map' as const),
      entries: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('attributed' as const),
      attributes: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 2 }),
      value: tie('value'),
    }),
  ),
}));

/** Cuts at the given places, whatever they cut apart. */
function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => stream.subarray(start, at[index] ?? stream.length));
}

describe('the codec', () => {
  it('reads back every value that it wrote, cut at any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(values, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (replies, cuts) => {
          const decoder = createReplyDecoder();
          const stream = Buffer.concat(replies.map(encodeReply));
          expect(pieces(stream, cuts).flatMap((piece) => decoder.feed(piece))).toEqual(replies);
        },
      ),
    );
  });

  it('reads a reply that comes byte by byte as soon as it is whole, and not before', () => {
    fc.assert(
      fc.property(values, (reply) => {
        const decoder = createReplyDecoder();
        const stream = encodeReply(reply);
        const counts = [...stream].map((byte) => decoder.feed(Uint8Array.of(byte)).length);
        expect(counts).toEqual([...stream].map((_byte, index) => (index === stream.length - 1 ? 1 : 0)));
      }),
    );
  });

  it('reads back every command that it wrote, cut at any bytes', () => {
    const commands = fc.array(fc.array(bytes, { minLength: 1, maxLength: 6 }), { maxLength: 6 });
    fc.assert(
      fc.property(commands, fc.array(fc.nat(), { maxLength: 12 }), (wanted, cuts) => {
        const decoder = createRequestDecoder();
        const stream = Buffer.concat(wanted.map((command) => encodeCommand(command)));
        expect(pieces(stream, cuts).flatMap((piece) => decoder.feed(piece))).toEqual(wanted);
      }),
    );
  });

  it('answers any bytes with values or with a protocol error, and with nothing else', () => {
    const anything = fc.oneof(
      bytes,
      fc.string({ unit: fc.constantFrom(...'+-:$*%~>|_#,(!=0123\r\n') }).map(Buffer.from),
    );
    fc.assert(
      fc.property(anything, (noise) => {
        for (const decoder of [createReplyDecoder(), createRequestDecoder()]) {
          try {
            decoder.feed(noise);
          } catch (cause) {
            expect(cause).toMatchObject({ code: 'protocol-violation' });
          }
        }
      }),
    );
  });
});
