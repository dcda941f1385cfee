import { setImmediate as turn } from 'node:timers/promises';
import { NotSentError, OutcomeUnknownError, RefusedError } from '@failover/core';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { bulk } from '../gateway/test-kit/bench-top.ts';
import type { Handler } from '../gateway/test-kit/scripted-server.ts';
import type { ScriptedClient } from './test-kit/scripted-client.ts';
import { scriptedClient } from './test-kit/scripted-client.ts';

const until = async (condition: () => boolean): Promise<void> => {
  for (let left = 2000; !condition(); left -= 1) {
    if (left === 0) throw new Error('it did not come to that');
    await turn();
  }
};
const transaction = new Map([
  ['MULTI', '+OK\r\n'],
  ['EXEC', '*1\r\n:1\r\n'],
]);
/** Answers reads, and leaves writes and what blocks without an answer. */
const hangsOnWrites: Handler = ([name = '', key = '']) =>
  name === 'get' ? bulk(key) : transaction.get(name.toUpperCase());
const answers: Handler = ([name = '', key = '']) => (name === 'get' ? bulk(key) : ':1\r\n');

const rejection = async (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  promise.then(
    (value) => Promise.reject(new Error(`it resolved with ${JSON.stringify(value)}`)),
    (error: unknown) => error as Error & Record<string, unknown>,
  );
const sent = (client: ScriptedClient, count: number): Promise<void> =>
  until(() => client.a.received.length >= count);
const loseFirst = (client: ScriptedClient): void => {
  for (const connection of client.a.connections) connection.close();
  client.cluster.grant(client.second);
};

describe('an instance over a failover', () => {
  it('is ready before any server was reached, so that what waits is within our bounds', async () => {
    await using client = scriptedClient(answers);
    client.cluster.fence();
    await until(() => client.redis.status === 'ready');
    const held = client.redis.get('a');
    await until(() => client.cluster.held === 1);
    client.cluster.grant(client.second);
    expect(await held).toBe('a');
  });

  it('keeps its status, and fires no close, when a server is lost', async () => {
    await using client = scriptedClient(answers);
    await client.redis.get('a');
    const fired: string[] = [];
    for (const event of ['close', 'reconnecting', 'end']) client.redis.on(event, () => fired.push(event));
    loseFirst(client);
    expect(await client.redis.get('b')).toBe('b');
    expect([client.redis.status, fired]).toEqual(['ready', []]);
  });

  it('[27] rejects a write in flight as unknown, and sends a read again', async () => {
    await using client = scriptedClient(hangsOnWrites);
    client.a.handler = () => undefined;
    client.b.handler = answers;
    const write = client.redis.incr('n');
    const read = client.redis.get('a');
    const later = rejection(write);
    await sent(client, 2);
    loseFirst(client);
    const error = await later;
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({
      name: 'OutcomeUnknownError',
      code: 'outcome-unknown',
      operation: 'INCR',
      server: '127.0.0.1:7001',
      epoch: [0, 1],
      command: { name: 'incr', args: ['n'] },
    });
    expect(error.message).toBe(
      'INCR was sent to 127.0.0.1:7001 and no reply came: it may or may not have been executed',
    );
    expect(error.stack?.split('\n')[0]).toBe(`OutcomeUnknownError: ${error.message}`);
    expect((error.cause as Error).message).toMatch(/^OUTCOMEUNKNOWN /);
    expect(await read).toBe('a');
    expect(client.b.received).toEqual([['get', 'a']]);
  });

  it.each<[string, (redis: Redis) => Promise<unknown>, string]>([
    ['a call by name', (redis) => redis.call('INCR', 'n'), 'INCR'],
    ['a reply as bytes', (redis) => redis.getsetBuffer('n', '1'), 'GETSET'],
    [
      'a callback',
      (redis) => new Promise((_, no) => void redis.incr('n', (error) => no(error ?? new Error('no error')))),
      'INCR',
    ],
    [
      'an item of a pipeline',
      (redis) =>
        redis
          .pipeline()
          .incr('n')
          .exec()
          .then((all) => Promise.reject(all?.[0]?.[0] as Error)),
      'INCR',
    ],
    ['a script', (redis) => redis.eval('return 1', 0), 'EVAL'],
    ['a blocking pop', (redis) => redis.blpop('list', 0), 'BLPOP'],
    ['a duplicate of a duplicate', (redis) => redis.duplicate().duplicate().incr('n'), 'INCR'],
    [
      'a duplicate with a function of its own',
      (redis) => redis.duplicate({ reconnectOnError: () => false }).incr('n'),
      'INCR',
    ],
    ['automatic pipelining', (redis) => redis.duplicate({ enableAutoPipelining: true }).incr('n'), 'INCR'],
    ['RESP2', (redis) => redis.duplicate({ protocol: 2 }).incr('n'), 'INCR'],
    ['friendly stacks', (redis) => redis.duplicate({ showFriendlyErrorStack: true }).incr('n'), 'INCR'],
  ])('gives the same error to %s', async (_title, ask, operation) => {
    await using client = scriptedClient(hangsOnWrites);
    const later = rejection(ask(client.redis));
    await sent(client, 1);
    loseFirst(client);
    expect(await later).toMatchObject({ code: 'outcome-unknown', operation });
    expect(await later).toBeInstanceOf(OutcomeUnknownError);
  });

  it('[17] rejects a transaction whose EXEC was sent as unknown, and one whose EXEC was not as not sent', async () => {
    await using client = scriptedClient(([name = '']) =>
      name === 'exec' ? undefined : name === 'multi' ? '+OK\r\n' : '+QUEUED\r\n',
    );
    const whole = rejection(client.redis.multi().incr('n').exec());
    const half = client.redis.duplicate();
    await half.multi({ pipeline: false });
    await half.incr('n');
    await sent(client, 5);
    loseFirst(client);
    expect(await whole).toMatchObject({ code: 'outcome-unknown', operation: 'EXEC' });
    const lost = await rejection(half.exec());
    expect(lost).toBeInstanceOf(NotSentError);
    expect(lost).toMatchObject({ code: 'not-sent' });
    client.b.handler = answers;
    expect(await half.get('a')).toBe('a');
  });

  it('rejects what waited too long as not sent', async () => {
    await using client = scriptedClient(answers);
    client.cluster.fence();
    const held = rejection(client.redis.incr('n'));
    await until(() => client.cluster.held === 1);
    client.cluster.refuseHeld();
    expect(await held).toBeInstanceOf(NotSentError);
    expect((await held).message).toBe('INCR: not executed, the hold window is over');
  });

  it('lets a caller that tries again at once not starve the process', async () => {
    await using client = scriptedClient(answers);
    client.cluster.fence();
    let hasTimerHadItsTurn = false;
    setTimeout(() => {
      hasTimerHadItsTurn = true;
    }, 0);
    for (let tries = 0; tries < 10_000 && !hasTimerHadItsTurn; tries += 1) {
      const one = rejection(client.redis.incr('n'));
      await until(() => client.cluster.held > 0);
      client.cluster.refuseHeld();
      await one;
    }
    expect(hasTimerHadItsTurn).toBe(true);
  });

  it.each([
    ['SHUTDOWN', []],
    ['MODULE LOAD', ['LOAD', 'a.so']],
  ])('rejects what a shared server must not be asked as refused: %s', async (name, args) => {
    await using client = scriptedClient(answers);
    const error = await rejection(client.redis.call(name.split(' ', 1)[0] ?? '', ...args));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.message).toMatch(new RegExp(`^${name} is refused by failover: `));
    expect(client.a.received).toEqual([]);
  });

  it('sees its duplicates in CLIENT LIST, and one that is killed hears what is true of its write, which is not sent again', async () => {
    await using client = scriptedClient(hangsOnWrites);
    const other = client.redis.duplicate();
    const id = await other.client('ID');
    const write = rejection(other.incr('n'));
    await sent(client, 1);
    expect(String(await client.redis.client('LIST'))).toMatch(
      new RegExp(`^id=1 addr=in-process .*\\nid=${id} addr=in-process `),
    );
    expect(await client.redis.client('KILL', 'ID', id)).toBe(1);
    expect(await write).toBeInstanceOf(OutcomeUnknownError);
    client.a.connections[0]?.write(':1\r\n');
    expect(await other.get('a')).toBe('a');
    expect(client.a.received).toEqual([
      ['incr', 'n'],
      ['get', 'a'],
    ]);
  });

  it('shows a user’s reconnectOnError only the errors of the server', async () => {
    const seen: string[] = [];
    const reconnectOnError = (error: Error): boolean => {
      seen.push(error.message);
      return false;
    };
    await using client = scriptedClient(
      ([name]) => (name === 'lpush' ? '-WRONGTYPE no list\r\n' : undefined),
      { ioredis: { reconnectOnError } },
    );
    await rejection(client.redis.lpush('a', '1'));
    const later = rejection(client.redis.incr('n'));
    await sent(client, 2);
    loseFirst(client);
    await later;
    expect(seen).toEqual(['WRONGTYPE no list']);
  });

  it('leaves nothing to be sent again by ioredis when a user’s function makes it reconnect', async () => {
    await using client = scriptedClient(
      ([name]) => (name === 'lpush' ? '-WRONGTYPE no list\r\n' : undefined),
      {
        ioredis: { reconnectOnError: () => 2 },
      },
    );
    const write = rejection(client.redis.incr('n'));
    await sent(client, 1);
    const refused = rejection(client.redis.lpush('a', '1'));
    await until(() => client.a.received.length >= 2);
    client.redis.disconnect(true);
    for (const connection of client.a.connections) connection.write(':1\r\n-WRONGTYPE no list\r\n');
    await Promise.race([write, refused]).catch(() => undefined);
    await client.close();
    expect(client.a.received.filter(([name]) => name === 'incr')).toHaveLength(1);
  });
});

describe('closing', () => {
  const states: Readonly<
    Record<
      string,
      (client: ScriptedClient) => Promise<readonly Promise<unknown>[]> | readonly Promise<unknown>[]
    >
  > = {
    'before it was used': () => [],
    'while it connects': ({ redis }) => [redis.incr('n')],
    'while a write is in flight': async (client) => {
      const write = client.redis.incr('n');
      await sent(client, 1);
      return [write];
    },
    'while a call blocks': async (client) => {
      const popped = client.redis.duplicate().blpop('list', 0);
      await sent(client, 1);
      return [popped];
    },
    'while commands wait for a server': async (client) => {
      client.cluster.fence();
      const held = [client.redis.incr('n'), client.redis.duplicate().get('a')];
      await until(() => client.cluster.held === 2);
      return held;
    },
    'inside a transaction': async (client) => {
      await client.redis.multi({ pipeline: false });
      const inside = client.redis.incr('n');
      await sent(client, 2);
      return [inside];
    },
    'while subscribed': async (client) => {
      const subscribing = client.redis.duplicate().subscribe('news');
      await sent(client, 1);
      return [subscribing];
    },
    'behind a lazy duplicate': ({ redis }) => [redis.duplicate({ lazyConnect: true }).incr('n')],
    'while it reconnects': async (client) => {
      await client.redis.get('a');
      client.redis.disconnect(true);
      await until(() => client.redis.status !== 'ready');
      return [client.redis.incr('n')];
    },
    'after it ended': async ({ redis }) => {
      redis.disconnect();
      await until(() => redis.status === 'end');
      return [redis.incr('n')];
    },
  };

  it.each(Object.entries(states))(
    '[26] [44] settles everything and leaves nothing behind %s',
    async (_title, arrange) => {
      const client = scriptedClient(hangsOnWrites, { ioredis: { disconnectTimeout: 20 } });
      const promises = await arrange(client);
      const settled = Promise.all(promises.map(rejection));
      await client.close();
      const after = rejection(client.redis.get('a'));
      for (const error of await settled) expect(error.message).toBe('Connection is closed.');
      expect((await after).message).toBe('Connection is closed.');
      expect(client.redis.status).toBe('end');
      expect(client.timers).toBe(0);
      expect([...client.a.connections, ...client.b.connections].filter((each) => each.isOpen)).toEqual([]);
    },
  );

  it('tells what was in flight from what was never sent', async () => {
    const client = scriptedClient(hangsOnWrites, { ioredis: { disconnectTimeout: 20 } });
    const written = rejection(client.redis.incr('n'));
    await sent(client, 1);
    client.cluster.doubt();
    const held = rejection(client.redis.duplicate().incr('n'));
    await until(() => client.cluster.held === 1);
    await client.close();
    expect(await written).toBeInstanceOf(OutcomeUnknownError);
    expect(await held).toMatchObject({ name: 'NotSentError', code: 'closed' });
  });

  it('lets a reply in flight still arrive', async () => {
    const client = scriptedClient(() => undefined);
    const counted = client.redis.incr('n');
    await sent(client, 1);
    const closing = client.close();
    await turn();
    client.a.connections[0]?.write(':7\r\n');
    await closing;
    expect(await counted).toBe(7);
  });

  it('happens once, also by signal', async () => {
    const abort = new AbortController();
    const client = scriptedClient(answers, { signal: abort.signal });
    await client.redis.get('a');
    abort.abort();
    await client.close();
    await client.close();
    expect([client.redis.status, client.timers]).toEqual(['end', 0]);
    const dead = scriptedClient(answers, { signal: AbortSignal.abort() });
    expect((await rejection(dead.redis.get('a'))).message).toBe('Connection is closed.');
    await dead.close();
  });

  it('stops every timer and socket when ioredis itself was disconnected, without close', async () => {
    const client = scriptedClient(answers);
    await client.redis.get('a');
    await client.redis.quit();
    await expect.poll(() => client.timers).toBe(0);
    expect(client.a.connections.filter((each) => each.isOpen)).toEqual([]);
    await client.redis.connect();
    expect(await client.redis.get('a')).toBe('a');
    await client.close();
  });
});
