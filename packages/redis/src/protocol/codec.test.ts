import { describe, expect, it } from 'vitest';
import { createReplyDecoder } from './decode.ts';
import { createRequestDecoder } from './decode-request.ts';
import { encodeCommand, encodeReply } from './encode.ts';
import { RespProtocolError } from './protocol-error.ts';
import { toResp2 } from './resp2.ts';
import type { RespValue } from './value.ts';
import { array, bulk, error, integer, nullArray, nullBulk, simple } from './value.ts';

/** Bytes beside what they mean: captured from Redis 7.0.15, the last four written after the RESP3 specification. */
const golden: readonly (readonly [title: string, bytes: string, value: RespValue])[] = [
  ['PING', '+PONG\r\n', simple('PONG')],
  [
    'a write on a replica',
    "-READONLY You can't write against a read only replica.\r\n",
    error("READONLY You can't write against a read only replica."),
  ],
  ['DEL', ':1\r\n', integer(1)],
  ['the smallest integer', ':-9223372036854775808\r\n', integer(-9223372036854775808n)],
  ['GET', '$3\r\nfoo\r\n', bulk('foo')],
  ['GET of a value with a line break', '$4\r\na\r\nb\r\n', bulk('a\r\nb')],
  ['GET of an empty value', '$0\r\n\r\n', bulk('')],
  ['GET of nothing', '$-1\r\n', nullBulk],
  ['EXEC that WATCH stopped', '*-1\r\n', nullArray],
  ['KEYS of nothing', '*0\r\n', array([])],
  ['ROLE of a primary', '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n', array([bulk('master'), integer(0), array([])])],
  ['ZSCORE in RESP3', ',1.5\r\n', { type: 'double', value: 1.5 }],
  ['an infinite score', ',inf\r\n', { type: 'double', value: Infinity }],
  ['DEBUG PROTOCOL true', '#t\r\n', { type: 'boolean', value: true }],
  ['DEBUG PROTOCOL null', '_\r\n', { type: 'null', form: 'resp3' }],
  [
    'DEBUG PROTOCOL bignum',
    '(1234567999999999999999999999999999999\r\n',
    { type: 'bigNumber', value: 1234567999999999999999999999999999999n },
  ],
  [
    'DEBUG PROTOCOL verbatim',
    '=29\r\ntxt:This is a verbatim\nstring\r\n',
    { type: 'verbatim', format: 'txt', bytes: Buffer.from('This is a verbatim\nstring') },
  ],
  [
    'DEBUG PROTOCOL map',
    '%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n',
    {
      type: 'map',
      entries: [0, 1, 2].map((key) => [integer(key), { type: 'boolean', value: key === 1 }] as const),
    },
  ],
  ['DEBUG PROTOCOL set', '~3\r\n:0\r\n:1\r\n:2\r\n', { type: 'set', items: [0, 1, 2].map(integer) }],
  [
    'DEBUG PROTOCOL attrib',
    '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n',
    {
      type: 'attributed',
      attributes: [[bulk('key-popularity'), array([bulk('key:123'), integer(90)])]],
      value: bulk('Some real reply following the attribute'),
    },
  ],
  [
    'DEBUG PROTOCOL push',
    '>2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n',
    { type: 'push', items: [bulk('server-cpu-usage'), integer(42)] },
  ],
  [
    'a long error of RESP3',
    '!21\r\nSYNTAX invalid syntax\r\n',
    { type: 'bulkError', text: 'SYNTAX invalid syntax' },
  ],
  [
    'a list in a list in a list',
    '*3\r\n$6\r\nmaster\r\n:14\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n6380\r\n$2\r\n14\r\n',
    array([bulk('master'), integer(14), array([array([bulk('127.0.0.1'), bulk('6380'), bulk('14')])])]),
  ],
  ['an empty simple string', '+\r\n', simple('')],
  ['no attributes', '|0\r\n+OK\r\n', { type: 'attributed', attributes: [], value: simple('OK') }],
];

describe('the reply codec', () => {
  it.each(golden)('reads and writes the bytes of %s', (_title, bytes, value) => {
    expect(createReplyDecoder().feed(Buffer.from(bytes))).toEqual([value]);
    expect(encodeReply(value).toString()).toBe(bytes);
  });

  it('tells a push from the reply behind it, as Redis 7.0.15 writes them', () => {
    const bytes =
      '>2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n';
    expect(
      createReplyDecoder()
        .feed(Buffer.from(bytes))
        .map((value) => value.type),
    ).toEqual(['push', 'bulk']);
  });

  it('reads several replies of one piece', () => {
    expect(createReplyDecoder().feed(Buffer.from('+a\r\n:1\r\n$1\r'))).toEqual([simple('a'), integer(1)]);
  });

  it.each([
    ['an unknown type, before its line ends', 'HTTP'],
    ['a streamed string', '$?\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a length that is no number', '*1x\r\n'],
    ['a string without its end', '$1\r\nabc\r\n'],
    ['an integer that is none', ':1.5\r\n'],
    ['a boolean that is none', '#x\r\n'],
    ['a double that is none', ',1.2.3\r\n'],
    ['a verbatim string without a format', '=3\r\nabc\r\n'],
  ])('refuses %s', (_title, bytes) => {
    expect(() => createReplyDecoder().feed(Buffer.from(bytes))).toThrow(RespProtocolError);
  });

  it.each([
    ['a string', { maxBulkBytes: 4 }, '$5\r\n'],
    ['a list', { maxValues: 4 }, '*5\r\n'],
    ['values at all depths together', { maxValues: 4 }, '*2\r\n*2\r\n:1\r\n:1\r\n*1\r\n'],
    ['the depth', { maxDepth: 2 }, '*1\r\n*1\r\n*1\r\n'],
    ['a line that does not end', { maxLineBytes: 4 }, '+abcdefgh'],
  ])('limits %s', (_title, limits, bytes) => {
    expect(() => createReplyDecoder(limits).feed(Buffer.from(bytes))).toThrow(RespProtocolError);
  });

  it('counts the values of each reply apart', () => {
    const decoder = createReplyDecoder({ maxValues: 2 });
    expect(decoder.feed(Buffer.from(':1\r\n:2\r\n:3\r\n*1\r\n:4\r\n'))).toHaveLength(4);
  });

  it('keeps a line break out of a simple string and an error', () => {
    expect(encodeReply(error('ERR a\r\nb')).toString()).toBe('-ERR a  b\r\n');
  });
});

describe('RESP3 for a client of RESP2', () => {
  it.each<readonly [string, RespValue, string]>([
    [
      'a map becomes a flat list',
      { type: 'map', entries: [[bulk('a'), integer(1)]] },
      '*2\r\n$1\r\na\r\n:1\r\n',
    ],
    ['null becomes a null string', { type: 'null', form: 'resp3' }, '$-1\r\n'],
    ['true becomes 1', { type: 'boolean', value: true }, ':1\r\n'],
    ['a double becomes a string', { type: 'double', value: 0.5 }, '$3\r\n0.5\r\n'],
    ['a push becomes a list', { type: 'push', items: [bulk('message')] }, '*1\r\n$7\r\nmessage\r\n'],
    ['attributes are left out', { type: 'attributed', attributes: [], value: simple('OK') }, '+OK\r\n'],
    ['a long error becomes an error', { type: 'bulkError', text: 'ERR no' }, '-ERR no\r\n'],
  ])('%s', (_title, value, bytes) => {
    expect(encodeReply(toResp2(value)).toString()).toBe(bytes);
  });
});

describe('the request codec', () => {
  const read = (bytes: string) =>
    createRequestDecoder()
      .feed(Buffer.from(bytes, 'latin1'))
      .map((command) => command.map((argument) => argument.toString('latin1')));

  it('writes a command as an array of bulk strings', () => {
    expect(encodeCommand(['SET', 'key', Buffer.from([0, 255]), 7]).toString('latin1')).toBe(
      '*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$2\r\n\x00\xff\r\n$1\r\n7\r\n',
    );
  });

  it('counts bytes, not characters', () => {
    expect(encodeCommand(['é']).toString()).toBe('*1\r\n$2\r\né\r\n');
  });

  it('reads commands, and passes over empty ones as Redis does', () => {
    expect(read('*1\r\n$4\r\nPING\r\n*0\r\n*-1\r\n\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n')).toEqual([
      ['PING'],
      ['GET', ''],
    ]);
  });

  it('reads an inline command with quotes', () => {
    expect(read(`SET  key "a\\x41\\n\\"b" 'it\\'s' x"y z"\r\nPING\n`)).toEqual([
      ['SET', 'key', 'aA\n"b', "it's", 'xy z'],
      ['PING'],
    ]);
  });

  it.each([
    ['*x\r\n', 'invalid multibulk length'],
    ['*1048577\r\n', 'invalid multibulk length'],
    ['*1\r\n:1\r\n', "expected '$', got ':'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*' + '1'.repeat(70_000), 'too big mbulk count string'],
    ['*1\r\n$' + '1'.repeat(70_000), 'too big bulk count string'],
    ['a'.repeat(70_000), 'too big inline request'],
    ['SET "a\r\n', 'unbalanced quotes in request'],
    ['SET "a"b\r\n', 'unbalanced quotes in request'],
  ])('refuses %.20s in the words of Redis', (bytes, problem) => {
    expect(() => read(bytes)).toThrow(problem);
  });
});
