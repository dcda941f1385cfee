import { systemRuntime, type EndpointId } from '@failover/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommand } from '../protocol/encode.ts';
import { launchEmbedded } from './embedded/launch-embedded.ts';
import { findFlavour } from './find-server.ts';
import { launchCluster } from './launch.ts';
import type { RedisTestbed } from './testbed.ts';

const search = await findFlavour('redis');
if (search.type === 'missing') console.warn(`SKIPPED golden bytes: ${search.reason}. Cure: ${search.cure}`);

/** One connection each: a list of commands, and the bytes that answer them. */
type Script = readonly (readonly string[])[];

const data: Record<string, Script> = {
  strings: [
    ['SET', 'k', 'v'],
    ['GET', 'k'],
    ['GET', 'none'],
    ['SET', 'k', 'w', 'NX'],
    ['SET', 'k', 'w', 'XX', 'GET'],
    ['SET', 'k', 'x', 'PX', '100000'],
    ['SET', 'k', 'x', 'EX', '0'],
    ['SET', 'k', 'x', 'BOGUS'],
    ['SET', 'k', 'x', 'NX', 'XX'],
    ['SETNX', 'k', 'y'],
    ['GETSET', 'k', 'z'],
    ['APPEND', 'k', '!!'],
    ['STRLEN', 'k'],
    ['MSET', 'a', '1', 'b', '2'],
    ['MSET', 'a', '1', 'b'],
    ['MGET', 'a', 'none', 'b', 'list'],
    ['SET', 'empty', ''],
    ['GET', 'empty'],
  ],
  counters: [
    ['INCR', 'n'],
    ['INCRBY', 'n', '41'],
    ['DECR', 'n'],
    ['DECRBY', 'n', '1'],
    ['GET', 'n'],
    ['INCRBY', 'n', 'x'],
    ['INCRBY', 'n', '99999999999999999999'],
    ['SET', 'big', '9223372036854775807'],
    ['INCR', 'big'],
    ['SET', 'word', 'abc'],
    ['INCR', 'word'],
    ['SET', 'padded', ' 1'],
    ['INCR', 'padded'],
  ],
  lists: [
    ['RPUSH', 'list', 'a', 'b', 'c'],
    ['LPUSH', 'list', 'x', 'y'],
    ['LRANGE', 'list', '0', '-1'],
    ['LRANGE', 'list', '1', '2'],
    ['LRANGE', 'list', '-2', '100'],
    ['LRANGE', 'list', '5', '1'],
    ['LRANGE', 'none', '0', '-1'],
    ['LRANGE', 'list', 'x', '1'],
    ['LLEN', 'list'],
    ['LINDEX', 'list', '-1'],
    ['LINDEX', 'list', '99'],
    ['LPOP', 'list'],
    ['RPOP', 'list', '2'],
    ['LPOP', 'list', '0'],
    ['LPOP', 'none'],
    ['LPOP', 'none', '2'],
    ['LPOP', 'list', '-1'],
    ['LPOP', 'list', '1', '2'],
    ['RPUSHX', 'none', 'v'],
    ['GET', 'list'],
    ['INCR', 'list'],
    ['BLPOP', 'none', 'list', '0'],
    ['BRPOP', 'list', '1'],
    ['EXISTS', 'list'],
    ['BLPOP', 'list', '0.05'],
    ['BLPOP', 'list', '-1'],
    ['BLPOP', 'list', 'x'],
    ['RPUSH'],
    ['SET', 'str', 'v'],
    ['RPUSH', 'str', 'v'],
    ['BLPOP', 'str', '0'],
  ],
  hashes: [
    ['HSET', 'h', 'f', '1', 'g', '2'],
    ['HSET', 'h', 'f', '3'],
    ['HSET', 'h', 'f'],
    ['HGET', 'h', 'f'],
    ['HGET', 'h', 'none'],
    ['HGET', 'none', 'f'],
    ['HMGET', 'h', 'f', 'none'],
    ['HGETALL', 'h'],
    ['HGETALL', 'none'],
    ['HLEN', 'h'],
    ['HEXISTS', 'h', 'f'],
    ['HINCRBY', 'h', 'f', '5'],
    ['HINCRBY', 'h', 'f', 'x'],
    ['HSET', 'h', 'word', 'abc'],
    ['HINCRBY', 'h', 'word', '1'],
    ['HDEL', 'h', 'f', 'none'],
    ['HDEL', 'h', 'g', 'word'],
    ['EXISTS', 'h'],
  ],
  keys: [
    ['MSET', 'a', '1', 'b', '2'],
    ['EXISTS', 'a', 'a', 'none'],
    ['TYPE', 'a'],
    ['TYPE', 'none'],
    ['EXPIRE', 'a', '100'],
    ['TTL', 'a'],
    ['EXPIRE', 'none', '100'],
    ['TTL', 'none'],
    ['TTL', 'b'],
    ['PERSIST', 'a'],
    ['PERSIST', 'a'],
    ['EXPIRE', 'a', '-1'],
    ['EXISTS', 'a'],
    ['EXPIRE', 'b', 'x'],
    ['EXPIRE', 'b', '1', 'ZZ'],
    ['KEYS', 'b*'],
    ['DBSIZE'],
    ['DEL', 'b', 'none'],
    ['UNLINK', 'none'],
    ['FLUSHDB', 'BOGUS'],
    ['FLUSHDB'],
    ['FLUSHALL'],
  ],
  transactions: [
    ['MULTI'],
    ['INCR', 'n'],
    ['GET', 'n'],
    ['RPUSH', 'n', 'v'],
    ['BLPOP', 'none', '0'],
    ['EXEC'],
    ['EXEC'],
    ['DISCARD'],
    ['MULTI'],
    ['MULTI'],
    ['WATCH', 'n'],
    ['INCR', 'n'],
    ['DISCARD'],
    ['MULTI'],
    ['BOGUS'],
    ['INCR', 'n'],
    ['EXEC'],
    ['MULTI'],
    ['GET'],
    ['EXEC'],
    ['WATCH', 'n'],
    ['INCR', 'n'],
    ['MULTI'],
    ['INCR', 'n'],
    ['EXEC'],
    ['WATCH', 'n'],
    ['MULTI'],
    ['INCR', 'n'],
    ['EXEC'],
    ['WATCH', 'gone'],
    ['UNWATCH'],
    ['MULTI'],
    ['EXEC'],
  ],
  connections: [
    ['PING'],
    ['PING', 'hello'],
    ['PING', 'a', 'b'],
    ['ping'],
    ['ECHO', 'text'],
    ['ECHO'],
    ['SELECT', '3'],
    ['SET', 'in3', 'v'],
    ['SELECT', '0'],
    ['GET', 'in3'],
    ['SELECT', '99'],
    ['SELECT', 'x'],
    ['CLIENT', 'SETNAME', 'me'],
    ['CLIENT', 'GETNAME'],
    ['CLIENT', 'SETNAME', 'two words'],
    ['CLIENT', 'BOGUS'],
    ['CLIENT', 'KILL'],
    ['CLIENT', 'KILL', '127.0.0.1:1'],
    ['CLIENT', 'KILL', 'ID', '999999'],
    ['CLIENT', 'KILL', 'TYPE', 'bogus'],
    ['CLIENT', 'UNBLOCK', '999999'],
    ['AUTH', 'secret'],
    ['AUTH', 'nobody', 'secret'],
    ['HELLO', '4'],
    ['HELLO', 'x'],
    ['HELLO', '2', 'BOGUS'],
    ['BOGUS', 'a', 'b'],
    ['Bogus'],
    ['CONFIG', 'GET', 'appendonly'],
    ['CONFIG', 'SET', 'bogus', '1'],
    ['CONFIG', 'BOGUS'],
    ['WAIT', '1', 'x'],
    ['REPLICAOF', 'a'],
    ['REPLICAOF', 'a', 'b'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['RESET'],
    ['QUIT'],
  ],
  subscriptions: [
    ['SUBSCRIBE', 'a', 'b'],
    ['PSUBSCRIBE', 'n*'],
    ['PING'],
    ['PING', 'x'],
    ['GET', 'k'],
    ['UNSUBSCRIBE', 'a'],
    ['UNSUBSCRIBE'],
    ['PUNSUBSCRIBE'],
    ['UNSUBSCRIBE'],
    ['PING'],
    ['PUBLISH', 'nobody', 'hears'],
    ['SUBSCRIBE'],
  ],
};

const replica: Script = [
  ['SET', 'k', 'v'],
  ['GET', 'k'],
  ['BLPOP', 'k', '0'],
  ['MULTI'],
  ['GET', 'k'],
  ['SET', 'k', 'v'],
  ['EXEC'],
  ['FLUSHALL'],
  ['WAIT', '0', '1'],
  ['PING'],
];

const sentinel: Script = [
  ['PING'],
  ['ROLE'],
  ['SENTINEL', 'MASTER', 'none'],
  ['SENTINEL', 'REPLICAS', 'none'],
  ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'none'],
  ['SENTINEL', 'FAILOVER', 'none'],
  ['SENTINEL', 'CKQUORUM', 'none'],
  ['SENTINEL', 'CKQUORUM', 'mymaster'],
  ['SENTINEL', 'MASTER'],
  ['SENTINEL', 'BOGUS'],
  ['GET', 'k'],
  ['PUBLISH', 'channel', 'text'],
  ['SUBSCRIBE', '+switch-master'],
  ['PSUBSCRIBE', '*sdown'],
  ['PING'],
  ['UNSUBSCRIBE', '+switch-master'],
];

/** Sends each command alone and reads until it is quiet, so that replies cannot be mistaken for one another. */
async function answers(server: EndpointId, script: Script, resp: 2 | 3): Promise<readonly string[]> {
  const stream = systemRuntime().connect(server);
  let received = Buffer.alloc(0);
  let isClosed = false;
  stream.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  stream.on('close', () => (isClosed = true));
  stream.on('error', () => undefined);
  const quiet = async (): Promise<string> => {
    const before = performance.now();
    let length = -1;
    // An answer, and then nothing more for a moment. Blocking commands take 50 ms.
    while (
      !isClosed &&
      (received.length === 0 || received.length !== length) &&
      performance.now() - before < 20_000
    ) {
      length = received.length;
      await new Promise((resolve) => setTimeout(resolve, length === 0 ? 2 : 4));
    }
    const text = received.toString('latin1');
    received = Buffer.alloc(0);
    return text;
  };
  const seen: string[] = [];
  try {
    if (resp === 3) {
      stream.write(encodeCommand(['HELLO', '3']));
      await quiet();
    }
    for (const command of script) {
      stream.write(encodeCommand(command));
      seen.push(`${command.join(' ')} → ${JSON.stringify(await quiet())}`);
    }
  } finally {
    stream.destroy();
  }
  return seen;
}

describe.skipIf(search.type === 'missing')('the double beside a real Redis', () => {
  let real: RedisTestbed;
  let double: RedisTestbed;

  beforeAll(async () => {
    if (search.type === 'missing') return;
    [real, double] = await Promise.all([launchCluster({ server: search.server }), launchEmbedded()]);
    await double.settled();
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    await double[Symbol.asyncDispose]();
  });

  async function expectSame(pick: (of: RedisTestbed) => EndpointId | undefined, script: Script, resp: 2 | 3) {
    const [at, of] = [pick(real), pick(double)] as [EndpointId, EndpointId];
    const [expected, found] = await Promise.all([answers(at, script, resp), answers(of, script, resp)]);
    expect(found).toEqual(expected);
    // Else two that say nothing would agree.
    expect(expected.filter((line) => line.endsWith('""')).length).toBe(0);
  }

  for (const resp of [2, 3] as const) {
    it.each(Object.keys(data))(`answers %s with the same bytes in RESP${resp}`, async (name) => {
      await real.ask(real.servers[0] as EndpointId, 'FLUSHALL');
      await double.ask(double.servers[0] as EndpointId, 'FLUSHALL');
      await expectSame(({ servers }) => servers[0], data[name] ?? [], resp);
    });

    it(`answers as a replica with the same bytes in RESP${resp}`, async () => {
      await expectSame(({ servers }) => servers[1], replica, resp);
    });

    it(`answers as a Sentinel with the same bytes in RESP${resp}`, async () => {
      await expectSame(({ sentinels }) => sentinels[0], sentinel, resp);
    });
  }

  /** Names in order; a flag that depends on timing or on what a version knows is left out by the caller. */
  async function fieldNames(of: RedisTestbed, ...command: string[]): Promise<readonly string[]> {
    const reply = await of.ask(of.sentinels[0] as EndpointId, ...command);
    const first = reply.type === 'array' && reply.items[0]?.type === 'array' ? reply.items[0] : reply;
    return first.type === 'array'
      ? first.items
          .filter((_, at) => at % 2 === 0)
          .map((item) => (item.type === 'bulk' ? String(item.bytes) : ''))
      : [];
  }

  it.each(['MASTER', 'REPLICAS', 'SENTINELS'])(
    'tells the fields of SENTINEL %s in the same order',
    async (sub) => {
      const [expected, found] = await Promise.all([
        fieldNames(real, 'SENTINEL', sub, 'mymaster'),
        fieldNames(double, 'SENTINEL', sub, 'mymaster'),
      ]);
      expect(expected.length).toBeGreaterThan(10);
      expect(found).toEqual(expected);
    },
  );

  it('tells ROLE in the same shape', async () => {
    for (const at of [0, 1]) {
      const [expected, found] = await Promise.all(
        [real, double].map(async (of) => {
          const reply = await of.ask(of.servers[at] as EndpointId, 'ROLE');
          return JSON.stringify(reply, (key, value: unknown) =>
            key === 'bytes'
              ? String(Buffer.from(value as Uint8Array)).replace(/\d+/g, '0')
              : typeof value === 'number'
                ? 0
                : value,
          );
        }),
      );
      expect(found).toBe(expected);
    }
  });
});
