import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeReply } from './encode.ts';
import { createReplyScanner } from './scan.ts';
import { createRequestScanner } from './scan-requests.ts';
import { createCommandTable } from './commands/index.ts';
import type { RespValue } from './value.ts';

const table = createCommandTable();
const text = fc.string({ maxLength: 12 }).map((each) => each.replace(/[\r\n]/g, ' '));
const bytes = fc.uint8Array({ maxLength: 40 });

const { value } = fc.letrec<{ value: RespValue; leaf: RespValue }>((tie) => ({
  leaf: fc.oneof(
    text.map((each): RespValue => ({ type: 'simple', text: each })),
    fc.integer().map((each): RespValue => ({ type: 'integer', value: each })),
    bytes.map((each): RespValue => ({ type: 'bulk', bytes: each })),
    fc.constantFrom('bulk', 'array', 'resp3').map((form): RespValue => ({ type: 'null', form })),
    fc.boolean().map((each): RespValue => ({ type: 'boolean', value: each })),
    fc.double().map((each): RespValue => ({ type: 'double', value: each })),
    fc.bigInt().map((each): RespValue => ({ type: 'bigNumber', value: each })),
    text.map((each): RespValue => ({ type: 'error', text: each })),
    text.map((each): RespValue => ({ type: 'bulkError', text: each })),
    bytes.map((each): RespValue => ({ type: 'verbatim', format: 'txt', bytes: each })),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }).map((items): RespValue => ({ type: 'array', items })),
    fc.array(tie('value'), { maxLength: 4 }).map((items): RespValue => ({ type: 'set', items })),
    fc.array(tie('value'), { maxLength: 4 }).map((items): RespValue => ({ type: 'push', items })),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
      .map((entries): RespValue => ({ type: 'map', entries })),
    fc
      .tuple(fc.array(fc.tuple(tie('leaf'), tie('leaf')), { maxLength: 2 }), tie('value'))
      .map(([attributes, each]): RespValue => ({ type: 'attributed', attributes, value: each })),
  ),
}));

/** What looks like a protocol for some bytes, and then is none. */
const noise = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: value.map(encodeReply) },
      fc.constantFrom('*1\r\n$3\r\nGET\r\n', '*2\r\n$3\r\nGET\r\n$1\r\na\r\n', 'PING\r\n').map(Buffer.from),
      fc.string({ unit: fc.constantFrom(...'+-:$*%~>|_#,(!=0123\r\n'), maxLength: 12 }).map(Buffer.from),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));

function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const marks = [...new Set([0, ...at.map((each) => each % (whole.length + 1)), whole.length])].sort(
    (a, b) => a - b,
  );
  return marks.slice(1).map((end, index) => whole.subarray(marks[index], end));
}

describe('the scanner of replies', () => {
  it('finds the same ends of replies wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(10_000), { maxLength: 12 }),
        (values, at) => {
          const frames = values.map(encodeReply);
          const ends = frames.map((_, index) =>
            frames.slice(0, index + 1).reduce((sum, each) => sum + each.length, 0),
          );
          const scanner = createReplyScanner();
          const found: number[] = [];
          let offset = 0;
          for (const chunk of cut(Buffer.concat(frames), at)) {
            let from = 0;
            while (from < chunk.length) {
              const result = scanner.scan(chunk, from, 1, false);
              expect(result).not.toBe('violation');
              if (scanner.count === 1) found.push(offset + scanner.wholeEnd);
              from = scanner.count === 1 ? scanner.wholeEnd : chunk.length;
            }
            offset += chunk.length;
          }
          expect(found).toEqual(ends);
          expect(scanner.isInside).toBe(false);
        },
      ),
    );
  });

  it('stops before an error or a push, and passes nothing of it', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
        const frames = values.map(encodeReply);
        const marked = frames.findIndex((frame) => frame[0] === 45 || frame[0] === 33 || frame[0] === 62);
        const whole = Buffer.concat(frames);
        const scanner = createReplyScanner();
        const result = scanner.scan(whole, 0, values.length, true);
        expect(result).toBe(marked === -1 ? 'limit' : 'marked');
        expect(scanner.count).toBe(marked === -1 ? values.length : marked);
        expect(scanner.at).toBe(frames.slice(0, scanner.count).reduce((sum, each) => sum + each.length, 0));
      }),
    );
  });

  it('says the same of any bytes wherever they are cut, within its limits', () => {
    const limits = { maxBulkBytes: 20, maxItems: 12, maxDepth: 3, maxLineBytes: 8 };
    const verdict = (chunks: readonly Buffer[]) => {
      const scanner = createReplyScanner(limits);
      let count = 0;
      for (const chunk of chunks) {
        if (scanner.scan(chunk, 0, Infinity, false) === 'violation') return scanner.problem;
        count += scanner.count;
      }
      return { count, isInside: scanner.isInside };
    };
    fc.assert(
      fc.property(noise, fc.array(fc.nat(10_000), { maxLength: 12 }), (whole, at) => {
        expect(verdict(cut(whole, at))).toEqual(verdict([whole]));
      }),
      { numRuns: 1000 },
    );
  });

  it('never waits for the end of what no server begins', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1 }), (first) => {
        const isKnown = Buffer.from('+-:_#,($!=*~>%|').includes(first[0] as number);
        expect(createReplyScanner().scan(first, 0, 1, false)).toBe(isKnown ? 'end' : 'violation');
      }),
    );
  });

  it.each([
    ['$5\r\nhelloXX', 'string without its end'],
    ['$9999999999\r\n', 'string of 9999999999 bytes'],
    ['*1\r\n'.repeat(200), 'reply deeper than 128'],
    ['$abc\r\n', 'invalid length'],
    ['*-2\r\n', 'invalid length'],
    ['$?\r\n', 'invalid length'],
  ])('says what is wrong with %j', (bytes, problem) => {
    const whole = createReplyScanner();
    expect(whole.scan(Buffer.from(bytes), 0, 1, false)).toBe('violation');
    expect(whole.problem).toBe(problem);
    const bytewise = createReplyScanner();
    const results = [...Buffer.from(bytes)].map((byte) => bytewise.scan(Buffer.from([byte]), 0, 1, false));
    expect(results).toContain('violation');
    expect(bytewise.problem).toBe(problem);
  });
});

const sharedCommand = fc
  .tuple(fc.constantFrom('get', 'SET', 'hGetAll', 'ZRANGEBYSCORE', 'PING'), fc.array(bytes, { maxLength: 4 }))
  .map(([name, args]) => ({
    isShared: true,
    name: name.toUpperCase(),
    frame: frame([Buffer.from(name), ...args]),
  }));
const specialCommand = fc
  .tuple(
    fc.constantFrom('multi', 'EVAL', 'subscribe', 'NOSUCHCOMMAND', 'SETX', 'GE'),
    fc.array(bytes, { maxLength: 3 }),
  )
  .map(([name, args]) => {
    const isKnown = !['NOSUCHCOMMAND', 'SETX', 'GE'].includes(name);
    return {
      isShared: false,
      name: isKnown ? name.toUpperCase() : '',
      frame: frame([Buffer.from(name), ...args]),
    };
  });

function frame(args: readonly Uint8Array[]): Buffer {
  const parts = args.flatMap((arg) => [Buffer.from(`$${arg.length}\r\n`), arg, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

describe('the scanner of requests', () => {
  it('finds the same commands, and what they are, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: sharedCommand }, specialCommand), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.nat(10_000), { maxLength: 12 }),
        (commands, at) => {
          const scanner = createRequestScanner({ commands: table });
          const found: string[] = [];
          let rest = Buffer.alloc(0);
          for (const chunk of cut(Buffer.concat(commands.map((each) => each.frame)), at)) {
            const all = Buffer.concat([rest, chunk]);
            let from = 0;
            let result = 'run';
            while (from < all.length && result !== 'partial') {
              result = scanner.scan(all, from, all.length);
              expect(result).not.toBe('violation');
              if (result === 'run') found.push(...Array.from({ length: scanner.count }, () => 'shared'));
              if (result === 'special') found.push(table.traits[scanner.index]?.name ?? '');
              if (result !== 'partial') from = scanner.end;
              else expect(scanner.wanted).toBeGreaterThan(all.length - from);
            }
            rest = all.subarray(from);
          }
          expect(found).toEqual(commands.map((each) => (each.isShared ? 'shared' : each.name)));
          expect(rest).toHaveLength(0);
        },
      ),
    );
  });

  it('says the same of any bytes wherever they are cut', () => {
    const verdict = (chunks: readonly Buffer[]) => {
      const scanner = createRequestScanner({ commands: table });
      const found: string[] = [];
      let rest = Buffer.alloc(0);
      for (const chunk of chunks) {
        rest = Buffer.concat([rest, chunk]);
        let result = 'run';
        while (rest.length > 0 && result !== 'partial') {
          result = scanner.scan(rest, 0, rest.length);
          if (result === 'violation') return [...found, scanner.problem];
          if (result === 'partial') continue;
          const what = result === 'run' ? 'shared' : `special ${scanner.index}`;
          found.push(...Array.from({ length: result === 'run' ? scanner.count : 1 }, () => what));
          rest = rest.subarray(scanner.end);
        }
      }
      return [...found, `${rest.length} bytes left`];
    };
    fc.assert(
      fc.property(noise, fc.array(fc.nat(10_000), { maxLength: 12 }), (whole, at) => {
        expect(verdict(cut(whole, at))).toEqual(verdict([whole]));
      }),
      { numRuns: 1000 },
    );
  });

  it('goes on at the right byte of a command that is cut behind empty ones', () => {
    const empty = Buffer.from('*0\r\n*-1\r\n');
    const get = frame([Buffer.from('GET'), Buffer.from('a')]);
    const whole = Buffer.concat([empty, get]);
    for (let at = 1; at < whole.length; at += 1) {
      const scanner = createRequestScanner({ commands: table });
      let from = 0;
      for (const to of [at, whole.length]) {
        while (from < to && scanner.scan(whole, from, to) === 'run') from = scanner.end;
      }
      expect([from, scanner.count]).toEqual([whole.length, 1]);
    }
  });

  it('takes a whole run of commands that share in one step', () => {
    const scanner = createRequestScanner({ commands: table });
    const run = Buffer.concat(
      Array.from({ length: 100 }, () => frame([Buffer.from('GET'), Buffer.from('a')])),
    );
    expect(scanner.scan(run, 0, run.length)).toBe('run');
    expect([scanner.count, scanner.end]).toEqual([100, run.length]);
  });

  it('gives a command that is too large to share by itself', () => {
    const scanner = createRequestScanner({ commands: table, maxSharedBytes: 50 });
    const large = frame([Buffer.from('SET'), Buffer.from('a'), Buffer.alloc(60)]);
    expect(scanner.scan(large, 0, large.length)).toBe('special');
    expect(table.traits[scanner.index]?.name).toBe('SET');
  });

  it.each([
    ['*1\r\n!3\r\nGET\r\n', "expected '$', got '!'"],
    ['*x\r\n', 'invalid multibulk length'],
    ['*2000000\r\n', 'invalid multibulk length'],
    ['*99999999999999\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*00\r\n', 'invalid multibulk length'],
    ['*-\r\n', 'invalid multibulk length'],
    ['*-0\r\n', 'invalid multibulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$04\r\nPING\r\n', 'invalid bulk length'],
    ['*2\r\n$3\r\nGET\r\n$00\r\n\r\n', 'invalid bulk length'],
    ['*1\r\n$600000000\r\n', 'invalid bulk length'],
    ['*1\r\n$3\r\nGETxx', 'expected CRLF after a bulk'],
    ['x'.repeat(70_000), 'too big inline request'],
  ])('says of %.30j what Redis says', (bytes, problem) => {
    const scanner = createRequestScanner({ commands: table });
    const buffer = Buffer.from(bytes);
    expect(scanner.scan(buffer, 0, buffer.length)).toBe('violation');
    expect(scanner.problem).toBe(problem);
  });

  it('gives the good commands before a malformed one first', () => {
    const scanner = createRequestScanner({ commands: table });
    const buffer = Buffer.concat([frame([Buffer.from('GET'), Buffer.from('a')]), Buffer.from('*x\r\n')]);
    expect(scanner.scan(buffer, 0, buffer.length)).toBe('run');
    expect(scanner.scan(buffer, scanner.end, buffer.length)).toBe('violation');
  });
});
