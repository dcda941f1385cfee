import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReply, decodeRequest } from './decode.ts';
import { encodeReply, encodeRequest } from './encode.ts';
import type { Reply, Request } from './message.ts';
import { lineLimitBytes, scan } from './scan.ts';

const text = fc.string().filter((value) => !value.includes('\n'));
const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: fc.constant('peers' as const) }),
  fc.record({ type: fc.constantFrom('echo' as const, 'prefix' as const), text }),
);
const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({ type: fc.constant('error' as const), code: fc.constantFrom('BUSY', 'UNKNOWN'), text }),
);
const nothing = Buffer.alloc(0);

describe('the codec', () => {
  it('reads every request that it writes', () => {
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeRequest(encodeRequest(value).slice(0, -1))).toEqual(value);
      }),
    );
  });

  it('reads every reply that it writes', () => {
    fc.assert(
      fc.property(reply, (value) => {
        expect(decodeReply(encodeReply(value).slice(0, -1))).toEqual(value);
      }),
    );
  });

  it('finds the same lines wherever the network cuts the bytes', () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 7 }), (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const found: string[] = [];
        let rest: Buffer = nothing;
        for (let at = 0; at < bytes.length; at += size) {
          const step = scan(rest, bytes.subarray(at, at + size));
          found.push(...step.lines);
          rest = step.rest;
        }
        expect(found).toEqual(lines);
        expect(rest).toHaveLength(0);
      }),
    );
  });

  it('refuses a line without an end', () => {
    expect(() => scan(nothing, Buffer.alloc(lineLimitBytes + 1, 'x'))).toThrow(RangeError);
  });
});
