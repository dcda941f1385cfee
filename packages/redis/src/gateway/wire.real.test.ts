import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nastyRequests } from '../protocol/test-kit/corpus.ts';
import type { Speaker } from './test-kit/conversation.ts';
import { createSpeaker } from './test-kit/conversation.ts';
import type { RealGateway } from './test-kit/real-gateway.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';

/** In latin1: each character is a byte. */
const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const commands = (...lines: readonly string[]): string =>
  lines.map((line) => command(...line.split(' '))).join('');
const setup = commands('SET wire v');

/**
 * Beside the bytes that break the protocol: what is whole, and wrong otherwise or not. No name with a NUL behind it: a
 * server takes `PAUSE\0` for `PAUSE` if its random seed happens to put both into one bucket, one start in ten.
 */
const conversations: readonly string[] = [
  // Arguments
  commands('NOSUCH a b'),
  command('NOSUCH', 'x'.repeat(200), '\r\n'),
  command(''),
  commands('GET'),
  commands('GET wire x'),
  commands('INCR wire'),
  commands('LPUSH wire x', 'GET wire'),
  // The connection itself
  ...['x', '-1', '16', '99999999999', '01', '+1', '1.0', '', '9223372036854775808', '15'].map((each) =>
    command('SELECT', each),
  ),
  commands('SELECT'),
  commands('SELECT 0 1'),
  ...['AUTH', 'AUTH a', 'AUTH a b', 'AUTH a b c', 'AUTH default x'].map((each) => commands(each)),
  ...['x', '1', '4', '03', '-3', '99999999999999999999'].map((each) => command('HELLO', each)),
  commands('HELLO 3 AUTH a'),
  commands('HELLO 3 AUTH a b'),
  commands('HELLO 3 SETNAME'),
  command('HELLO', '2', 'SETNAME', 'a b'),
  command('HELLO', '3', 'FOO\r\nbar'),
  ...['', ' FOO', ' \xff', ' SETNAME', ' SETNAME a b', ' GETNAME', ' GETNAME x', ' ID x', ' INFO x'].map(
    (each) => commands(`CLIENT${each}`),
  ),
  command('CLIENT', 'SETNAME', 'a b'),
  commands('CLIENT SETNAME wire', 'CLIENT GETNAME'),
  ...['REPLY', 'REPLY x', 'KILL', 'KILL ID 0', 'UNBLOCK x', 'NO-EVICT', 'NO-EVICT x', 'LIST ID x'].map(
    (each) => commands(`CLIENT ${each}`),
  ),
  commands('CLIENT REPLY SKIP', 'GET wire', 'CLIENT REPLY OFF', 'GET wire', 'CLIENT REPLY ON'),
  commands('RESET x'),
  commands('CLIENT SETNAME a', 'RESET', 'CLIENT GETNAME'),
  commands('QUIT', 'GET wire'),
  // Transactions
  commands('EXEC'),
  commands('DISCARD'),
  commands('MULTI', 'MULTI', 'DISCARD'),
  commands('MULTI', 'NOSUCH', 'EXEC'),
  commands('MULTI', 'GET', 'EXEC'),
  commands('MULTI', 'GET wire', 'LPUSH wire x', 'EXEC'),
  commands('MULTI', 'WATCH wire', 'EXEC'),
  commands('MULTI', 'EXEC'),
  commands('WATCH'),
  // Subscriptions
  commands('SUBSCRIBE a a', 'GET wire'),
  commands('SUBSCRIBE'),
  commands('UNSUBSCRIBE', 'PUNSUBSCRIBE'),
  commands('SUBSCRIBE a', 'UNSUBSCRIBE a', 'GET wire'),
  commands('SUBSCRIBE a', 'MULTI'),
  commands('MULTI', 'SUBSCRIBE a', 'EXEC'),
  // Scripts
  command('EVAL', "return {err='READONLY mine'}", '0'),
  command('EVAL', "return {ok='a\\r\\nb'}", '0'),
  commands('EVALSHA x 0'),
  // Behind others, and in pieces
  commands('GET wire', 'NOSUCH', 'GET wire'),
  `${commands('GET wire')}*1\r\n$x\r\n`,
  `${commands('MULTI', 'GET wire')}*1\r\n$x\r\n`,
];

const notHttp = '-ERR Protocol error: this is not HTTP\r\n(closed)';
const notCrlf = '-ERR Protocol error: expected CRLF after a bulk\r\n(closed)';
const notCount = '-ERR Protocol error: invalid multibulk length\r\n(closed)';

/** What stands in docs/redis.md as another answer than the server's: it is this one. */
const differences: ReadonlyMap<string, string> = new Map([
  // A server closes without a word.
  ['POST / HTTP/1.1\r\nHost: a\r\n\r\nSET a 1\r\n', notHttp],
  [command('post', '/'), notHttp],
  [command('POST\0x'), notHttp],
  // Redis does not look at these bytes. Others would read what one smuggles in by them.
  ['*2\r\n$4\r\nECHO\r\n$1\r\naXX', notCrlf],
  ['*1\r$4\r\nPING\r\n', notCount],
  // As many as Redis 6 takes.
  ['*1048577\r\n$4\r\nPING\r\n', notCount],
  // Later servers know it, and the next one may be such a one.
  [commands('CLIENT SETINFO lib-name a'), '+OK\r\n$8\r\nthe-last\r\n'],
]);

/** There the answer of a server itself depends on how the bytes arrive, or it waits for ever. */
function isUnsteady(bytes: string): boolean {
  // What it said of too much may be lost with the connection, and what is too much is a matter of its reads.
  if (bytes.length > 65_537) return true;
  // What stood before HTTP is answered, or lost with the connection.
  if (bytes.startsWith('GET / HTTP')) return true;
  // A NUL hides the end of a line.
  return bytes.includes('\0') && !bytes.startsWith('*');
}

const told = [...nastyRequests.filter((each) => !isUnsteady(each)), ...conversations];
for (const bytes of differences.keys()) if (!told.includes(bytes)) told.push(bytes);

/** At every byte; of what is long at the first, the last, and where a limit is. */
function cutsOf({ length }: string): readonly number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1);
  return length <= 400 ? all : all.filter((at) => at < 8 || at > length - 8 || Math.abs(at - 65_536) < 3);
}

let real: RealGateway;
let direct: Speaker;
let here: Speaker;

beforeAll(async () => {
  real = await openRealGateway();
  direct = createSpeaker(Number(real.first.split(':').at(-1)));
  here = createSpeaker(real.ports.primary);
  await here.converse([setup]);
});

afterAll(async () => {
  direct[Symbol.dispose]();
  here[Symbol.dispose]();
  await real[Symbol.asyncDispose]();
});

describe('what a client hears here is, byte for byte, what the server says', () => {
  it.each(told.map((bytes) => [JSON.stringify(bytes.slice(0, 60)), bytes] as const))(
    '%s, wherever it is cut',
    async (_title, bytes) => {
      const said = await direct.converse([bytes]);
      const expected = differences.get(bytes) ?? said;
      if (differences.has(bytes)) expect(said).not.toBe(expected);
      expect(await here.converse([bytes])).toBe(expected);
      const cuts = cutsOf(bytes);
      const heard = await Promise.all(
        cuts.map(async (at) => here.converse([bytes.slice(0, at), bytes.slice(at)])),
      );
      expect(heard.map((each, index) => [cuts[index], each])).toEqual(cuts.map((at) => [at, expected]));
    },
  );
});

describe('a client that ends its side right behind its commands', () => {
  it.each([
    'PING\r\n',
    commands('GET wire', 'CLIENT GETNAME', 'SELECT 1', 'PING'),
    commands('MULTI', 'GET wire', 'EXEC'),
    commands('EVAL x 0', 'PING'),
    commands('SUBSCRIBE a'),
    `${commands('PING')}*2\r\n$4\r\nECHO\r\n$1`,
  ])('hears what the server says, and is closed: %j', async (bytes) => {
    const said = await direct.sayLast(bytes);
    expect(said).not.toBe('');
    expect(await here.sayLast(bytes)).toBe(said);
  });

  it('has nothing taken for it where it waited', async () => {
    expect(await here.sayLast(commands('BLPOP wire:queue 0'))).toBe('');
    expect(await here.converse([commands('RPUSH wire:queue a', 'LLEN wire:queue', 'DEL wire:queue')])).toBe(
      ':1\r\n:1\r\n:1\r\n$8\r\nthe-last\r\n',
    );
  });
});
