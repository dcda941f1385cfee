import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keySlot } from '../../protocol/key-slot.ts';
import { bulk, command, until } from '../test-kit/bench-top.ts';
import type { Handler, ScriptedConnection } from '../test-kit/scripted-server.ts';
import { halves, shardBench } from '../test-kit/shard-bench.ts';

// `bar` and all with that tag are in the first of two shards, `foo` in the second one.
const slotOf = (key: string): number => keySlot(Buffer.from(key));
const [bar, foo] = ['bar', 'foo'] as const;
const queued = '+QUEUED\r\n';
const ok = '+OK\r\n';

/** Each server says which one it is, and what it was asked. */
const echo =
  (shard: number): Handler =>
  (args) =>
    args[0] === 'AUTH' ? ok : bulk(`${shard}:${args.join(' ')}`);

/** As servers do: what is between MULTI and EXEC is queued. */
const transactional = (shard: number): Handler => {
  const open = new Map<ScriptedConnection, number>();
  return (args, connection) => {
    const count = open.get(connection);
    switch (args[0]) {
      case 'MULTI':
        open.set(connection, 0);
        return ok;
      case 'DISCARD':
        open.delete(connection);
        return ok;
      case 'EXEC':
        open.delete(connection);
        return `*${count ?? 0}\r\n${`$1\r\n${shard}\r\n`.repeat(count ?? 0)}`;
      case 'WATCH':
      case 'UNWATCH':
        return ok;
      default:
        if (count === undefined) return bulk(`${shard}:${args.join(' ')}`);
        open.set(connection, count + 1);
        return queued;
    }
  };
};

describe('a client that knows of no shards', () => {
  it('has its commands sent to the shard of their key, and each answer in its turn', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.send('GET foo', 'GET bar', 'SET foo 1', 'INCR bar');
    await client.receives(['1:GET foo', '0:GET bar', '1:SET foo 1', '0:INCR bar'].map(bulk).join(''));
    expect(bench.shards.map(({ asked }) => asked)).toEqual([
      ['GET bar', 'INCR bar'],
      ['GET foo', 'SET foo 1'],
    ]);
  });

  it('gets them in the order of its commands, whatever order the shards answer in and wherever replies are cut', async () => {
    const keys = [bar, foo, '{bar}2', '{foo}2', 'x', 'y'];
    const asked = fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        asked,
        fc.array(fc.nat(), { minLength: 40 }),
        fc.nat(20),
        async (names, random, cut) => {
          const owed: (readonly [ScriptedConnection, string])[] = [];
          await using bench = shardBench(() => (args, connection) => {
            owed.push([connection, bulk(args[1] ?? '')]);
            return undefined;
          });
          const client = bench.connect();
          const bytes = names.map((name) => command('GET', name)).join('');
          client.write(bytes.slice(0, cut));
          client.write(bytes.slice(cut));
          let at = 0;
          const next = (): number => random[at++ % random.length] ?? 0;
          let answered = 0;
          while (answered < names.length) {
            await until(() => owed.length > 0);
            const connections = [...new Set(owed.map(([connection]) => connection))];
            const connection = connections[next() % connections.length];
            const place = owed.findIndex(([each]) => each === connection);
            const [[, reply = ''] = []] = owed.splice(place, 1);
            const half = next() % (reply.length + 1);
            connection?.write(reply.slice(0, half));
            await turn();
            connection?.write(reply.slice(half));
            answered += 1;
          }
          await client.receives(names.map(bulk).join(''));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has no answer of a shard kept from others by one that hangs', async () => {
    await using bench = shardBench((shard) => (args) => (shard === 0 ? undefined : bulk(args.join(' '))));
    const [stuck, other] = [bench.connect(), bench.connect()];
    stuck.send('GET bar', 'GET foo');
    other.send('GET foo');
    await other.receives(bulk('GET foo'));
    expect(stuck.text).toBe('');
  });

  it('waits while nobody serves the slot of its command', async () => {
    await using bench = shardBench(echo, { ranges: [[[0, 8191]], []] });
    const client = bench.connect();
    client.send('GET bar', 'GET foo', 'GET bar');
    await client.receives(bulk('0:GET bar'));
    await turn();
    expect(client.text).toBe(bulk('0:GET bar'));
    bench.serve(...halves);
    await client.receives(bulk('0:GET bar') + bulk('1:GET foo') + bulk('0:GET bar'));
  });

  it('is told that it was not executed when nobody serves it in time, and goes on', async () => {
    await using bench = shardBench(echo, { ranges: [[[0, 8191]], []], holdMs: 30 });
    const client = bench.connect();
    client.send('GET foo', 'GET bar');
    const refused = '-TRYAGAIN failover: not executed, no shard of the cluster was found in time\r\n';
    await client.receives(refused + bulk('0:GET bar'));
    expect(bench.gateway.counters).toMatchObject({ notExecuted: 1 });
  });

  it('has the connections to its shards closed when it goes', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.send('BLPOP foo 0', 'BLPOP bar 0');
    await until(() => bench.shards.every(({ server }) => server.connections.length === 1));
    client.socket.destroy();
    await until(() => bench.shards.every(({ server }) => server.connections.every(({ isOpen }) => !isOpen)));
    expect(bench.gateway.counters).toMatchObject({ clients: 0 });
  });

  it('gets all answers and +OK before QUIT ends it', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.send('GET foo', 'GET bar', 'QUIT', 'GET foo');
    await client.receives(`${bulk('1:GET foo')}${bulk('0:GET bar')}${ok}`);
    await until(() => !client.isOpen);
    expect(client.text).toBe(`${bulk('1:GET foo')}${bulk('0:GET bar')}${ok}`);
  });

  it('gets what it asked for before it is drained', async () => {
    const owed: (() => void)[] = [];
    await using bench = shardBench(() => (args, connection) => {
      owed.push(() => {
        connection.write(bulk(args.join(' ')));
      });
      return undefined;
    });
    const client = bench.connect();
    client.send('GET foo', 'GET bar');
    await until(() => owed.length === 2);
    bench.drain.abort();
    client.send('GET foo');
    await turn();
    expect(client.isOpen).toBe(true);
    for (const answer of owed) answer();
    await client.receives(bulk('GET foo') + bulk('GET bar'));
    await until(() => !client.isOpen);
  });

  it('gets an error for what is no command, behind all that it asked before', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.write(`${command('GET', foo)}*1\r\n:5\r\n`);
    await client.receives(`${bulk('1:GET foo')}-ERR Protocol error: expected '$', got ':'\r\n`);
    await until(() => !client.isOpen);
  });
});

describe('a slot that is elsewhere', () => {
  const movedTo1 =
    (slots: readonly number[]) =>
    (shard: number): Handler =>
    (args) =>
      shard === 0 && slots.includes(slotOf(args[1] ?? ''))
        ? `-MOVED ${slotOf(args[1] ?? '')} 127.0.0.1:7001\r\n`
        : bulk(`${shard}:${args.join(' ')}`);

  it('is followed after MOVED, and no command for it overtakes another', async () => {
    await using bench = shardBench(movedTo1([slotOf(bar)]));
    const client = bench.connect();
    client.send('SET bar 1', 'GET foo', 'SET bar 2', 'GET bar');
    await client.receives(['1:SET bar 1', '1:GET foo', '1:SET bar 2', '1:GET bar'].map(bulk).join(''));
    expect(bench.shards[1]?.asked.filter((line) => line.includes(bar))).toEqual([
      'SET bar 1',
      'SET bar 2',
      'GET bar',
    ]);
    client.send('GET bar');
    await until(() => client.text.endsWith(bulk('1:GET bar').repeat(2)));
    expect(bench.shards[0]?.asked).toHaveLength(3);
  });

  it('is asked for once behind ASKING, on a connection that was used before too', async () => {
    await using bench = shardBench((shard) => {
      const mayAsk = new Set<ScriptedConnection>();
      return (args, connection) => {
        if (args[0] === 'ASKING') {
          mayAsk.add(connection);
          return ok;
        }
        if (args[1] !== bar) return bulk(`${shard}:${args.join(' ')}`);
        if (shard === 0) return `-ASK ${slotOf(bar)} 127.0.0.1:7001\r\n`;
        return mayAsk.delete(connection)
          ? bulk(`${shard}:${args.join(' ')}`)
          : `-MOVED ${slotOf(bar)} 127.0.0.1:7000\r\n`;
      };
    });
    const client = bench.connect();
    client.send('GET foo');
    await client.receives(bulk('1:GET foo'));
    client.send('GET bar', 'GET foo', 'SET bar 1');
    const rest = ['1:GET bar', '1:GET foo', '1:SET bar 1'].map(bulk).join('');
    await client.receives(bulk('1:GET foo') + rest);
    expect(bench.shards[1]?.asked.filter((line) => line !== 'GET foo')).toEqual([
      'ASKING',
      'GET bar',
      'ASKING',
      'SET bar 1',
    ]);
  });

  it('that goes round in circles is given up', async () => {
    await using bench = shardBench(
      (shard) => (args) => `-MOVED ${slotOf(args[1] ?? '')} 127.0.0.1:700${1 - shard}\r\n`,
    );
    const client = bench.connect();
    client.send('GET bar');
    await client.receives('-TRYAGAIN failover: not executed, its slot is at another shard now\r\n');
    expect(bench.gateway.counters).toMatchObject({ notExecuted: 1 });
  });

  it('is asked for again where a subscription is refused', async () => {
    await using bench = shardBench(
      (shard) => (args) =>
        shard === 0
          ? `-MOVED ${slotOf(bar)} 127.0.0.1:7001\r\n`
          : `*3\r\n${bulk('ssubscribe')}${bulk(args[1] ?? '')}:1\r\n`,
    );
    const client = bench.connect();
    client.send('SSUBSCRIBE bar');
    await client.receives(`*3\r\n${bulk('ssubscribe')}${bulk(bar)}:1\r\n`);
  });
});

describe('commands with keys of several shards', () => {
  it('are split and their answers joined, if each key by itself means the same', async () => {
    await using bench = shardBench(() => (args) => {
      const keys = args.slice(1);
      return args[0] === 'MGET' ? `*${keys.length}\r\n${keys.map(bulk).join('')}` : `:${keys.length}\r\n`;
    });
    const client = bench.connect();
    client.send('MGET foo bar {foo}2 bar', 'DEL foo bar', 'EXISTS foo bar foo', 'MGET foo {foo}2');
    await client.receives(
      `*4\r\n${bulk(foo)}${bulk(bar)}${bulk('{foo}2')}${bulk(bar)}:2\r\n:3\r\n*2\r\n${bulk(foo)}${bulk('{foo}2')}`,
    );
    expect(bench.shards[1]?.asked[0]).toBe('MGET foo {foo}2');
  });

  it('fail as a whole if a part fails', async () => {
    await using bench = shardBench((shard) => () => (shard === 0 ? '-ERR no\r\n' : ':1\r\n'));
    const client = bench.connect();
    client.send('DEL foo bar');
    await client.receives('-ERR no\r\n');
  });

  it('are refused as a node refuses them, if they are one', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.send('MSET foo 1 bar 2', 'RENAME foo bar', 'MSET foo 1 {foo}2 2');
    const refused = "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
    await client.receives(refused + refused + bulk('1:MSET foo 1 {foo}2 2'));
  });

  it('are asked of all shards, if all have a part of the answer', async () => {
    await using bench = shardBench(
      (shard) => (args) =>
        args[0] === 'DBSIZE' ? `:${shard + 5}\r\n` : args[0] === 'KEYS' ? `*1\r\n${bulk(`k${shard}`)}` : ok,
    );
    const client = bench.connect();
    client.send('DBSIZE', 'KEYS *', 'FLUSHALL');
    await client.receives(`:11\r\n*2\r\n${bulk('k0')}${bulk('k1')}${ok}`);
  });
});

describe('a transaction', () => {
  it('belongs to the shard of its first key, with what had no key before it', async () => {
    await using bench = shardBench(transactional);
    const client = bench.connect();
    client.send('MULTI', 'PING', 'SET foo 1', 'INCR {foo}2', 'EXEC', 'GET bar');
    await client.receives(`${ok}${queued.repeat(3)}*3\r\n${'$1\r\n1\r\n'.repeat(3)}${bulk('0:GET bar')}`);
    expect(bench.shards[1]?.asked).toEqual(['MULTI', 'PING', 'SET foo 1', 'INCR {foo}2', 'EXEC']);
  });

  it('runs nothing after a command for another shard, as after any other error', async () => {
    await using bench = shardBench(transactional);
    const client = bench.connect();
    client.send('MULTI', 'SET foo 1', 'SET bar 1', 'SET foo 2', 'EXEC', 'GET foo');
    const refused = "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
    const aborted = '-EXECABORT Transaction discarded because of previous errors.\r\n';
    await client.receives(`${ok}${queued}${refused}${queued}${aborted}${bulk('1:GET foo')}`);
    expect(bench.shards[1]?.asked).toEqual(['MULTI', 'SET foo 1', 'DISCARD', 'GET foo']);
  });

  it('runs nothing without the command that no shard took in time', async () => {
    await using bench = shardBench(transactional, { ranges: [[[0, 8191]], []], holdMs: 30 });
    const client = bench.connect();
    client.send('MULTI', 'SET foo 1', 'INCR bar', 'EXEC');
    const refused = '-TRYAGAIN failover: not executed, no shard of the cluster was found in time\r\n';
    await client.receives(
      `${ok}${refused}${queued}-EXECABORT Transaction discarded because of previous errors.\r\n`,
    );
    expect(bench.shards[0]?.asked).toEqual([]);
  });

  it('is no transaction any more when its MULTI was refused', async () => {
    await using bench = shardBench(transactional);
    const [, second] = bench.shards;
    second?.target.fence();
    const client = bench.connect();
    client.send('MULTI', 'SET foo 1', 'SET {foo}2 2');
    await until(() => (second?.target.held ?? 0) > 0);
    second?.target.refuseHeld();
    await until(() => client.text.includes('TRYAGAIN'));
    second?.target.grant(second.endpoint);
    client.send('EXEC');
    await until(() => client.text.includes('EXECABORT'));
    expect(second?.asked.filter((line) => line.startsWith('SET'))).toEqual([]);
  });

  it('fails when the slot of its key is elsewhere, and the shard is known for the next one', async () => {
    const inner = [transactional(0), transactional(1)];
    await using bench = shardBench(
      (shard) => (args, connection) =>
        shard === 0 && args[1] === bar
          ? `-MOVED ${slotOf(bar)} 127.0.0.1:7001\r\n`
          : inner[shard]?.(args, connection),
    );
    const client = bench.connect();
    client.send('MULTI', 'SET bar 1');
    const refused = '-TRYAGAIN failover: not executed, its slot is at another shard now\r\n';
    await client.receives(`${ok}${refused}`);
    client.send('EXEC', 'MULTI', 'SET bar 1', 'EXEC');
    const aborted = '-EXECABORT Transaction discarded because of previous errors.\r\n';
    await client.receives(`${ok}${refused}${aborted}${ok}${queued}*1\r\n$1\r\n1\r\n`);
  });

  it('does not take an address for a shard when a primary names its successor', async () => {
    let isReplaced = true;
    const inner = transactional(0);
    await using bench = shardBench(
      (shard) => (args, connection) =>
        isReplaced && args[1] === bar
          ? `-MOVED ${slotOf(bar)} 10.9.9.9:7000\r\n`
          : shard === 0
            ? inner(args, connection)
            : ok,
    );
    const client = bench.connect();
    client.send('MULTI', 'SET bar 1');
    await until(() => client.text.includes('TRYAGAIN'));
    isReplaced = false;
    client.send('DISCARD', 'GET bar');
    await until(() => client.text.endsWith(bulk('0:GET bar')));
  });

  it('can watch keys of one shard, and begin again elsewhere when the first was refused', async () => {
    let isMoved = true;
    const inner = [transactional(0), transactional(1)];
    await using bench = shardBench((shard) => (args, connection) => {
      if (!isMoved || shard !== 0 || args[1] !== bar) return inner[shard]?.(args, connection);
      isMoved = false;
      return `-MOVED ${slotOf(bar)} 127.0.0.1:7001\r\n`;
    });
    const client = bench.connect();
    client.send('WATCH bar');
    await until(() => client.text.startsWith('-TRYAGAIN'));
    const refused = client.text;
    client.send('WATCH bar', 'WATCH {bar}2 hello', 'GET foo', 'MULTI', 'SET bar 1', 'EXEC');
    const crossSlot = "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
    await until(() => client.text.includes('*1\r\n'));
    expect(client.text).toBe(
      `${refused}${ok}${crossSlot}${bulk('1:GET foo')}${ok}${queued}*1\r\n$1\r\n1\r\n`,
    );
  });

  it('may be left by QUIT and by RESET', async () => {
    await using bench = shardBench(transactional);
    const client = bench.connect();
    client.send('MULTI', 'SET foo 1', 'RESET', 'GET foo', 'MULTI', 'QUIT');
    await client.receives(`${ok}${queued}+RESET\r\n${bulk('1:GET foo')}${ok}${ok}`);
  });
});

describe('what a client sets up', () => {
  it('stands on connections to shards that are opened later', async () => {
    const logins: string[] = [];
    await using bench = shardBench((shard) => (args) => {
      if (args[0] === 'AUTH') logins.push(`${shard} ${args.slice(1).join(' ')}`);
      return args[0] === 'AUTH' ? ok : bulk(`${shard}:${args.join(' ')}`);
    });
    const client = bench.connect();
    client.send('HELLO 3 AUTH user secret SETNAME me', 'GET bar');
    await until(() => client.text.endsWith(bulk('0:GET bar')));
    // Whoever does not say who it is stays who it is.
    client.send('HELLO 3', 'GET foo');
    await until(() => client.text.endsWith(bulk('1:GET foo')));
    expect(new Set(logins)).toEqual(new Set(['0 user secret', '1 user secret']));
  });

  it('is refused where a shard does not know the user: nothing is sent there as somebody else', async () => {
    await using bench = shardBench(
      (shard) => (args) =>
        args[0] === 'AUTH' && shard === 1
          ? '-WRONGPASS invalid username-password pair or user is disabled.\r\n'
          : args[0] === 'AUTH'
            ? ok
            : bulk(`${shard}:${args.join(' ')}`),
    );
    const client = bench.connect();
    client.send('PING');
    await client.receives(bulk('0:PING'));
    client.send('AUTH user secret', 'GET foo', 'GET bar');
    const refused = '-TRYAGAIN failover: not executed, a connection to its shard could not be set up\r\n';
    await client.receives(`${bulk('0:PING')}${ok}${refused}${bulk('0:GET bar')}`);
    expect(bench.shards[1]?.asked).toEqual([]);
  });

  it('ends a client that is somebody at one shard and nobody at another', async () => {
    await using bench = shardBench(
      (shard) => (args) =>
        args[0] === 'AUTH' && shard === 1 ? '-WRONGPASS\r\n' : args[0] === 'AUTH' ? ok : bulk(args.join(' ')),
    );
    const client = bench.connect();
    client.send('GET foo', 'GET bar');
    await client.receives(bulk('GET foo') + bulk('GET bar'));
    client.send('AUTH user secret', 'GET bar');
    await until(() => !client.isOpen);
    expect(bench.shards[0]?.asked).toEqual(['GET bar']);
  });
});

describe('subscriptions', () => {
  const answerOf = (mark: string, args: readonly string[]): string =>
    args
      .slice(1)
      .map((name, at) => `${mark}3\r\n${bulk((args[0] ?? '').toLowerCase())}${bulk(name)}:${at + 1}\r\n`)
      .join('');

  it('are all at one shard, with messages between the answers, in RESP2', async () => {
    await using bench = shardBench((shard) => (args, connection) => {
      if (args[0] !== 'SUBSCRIBE') return bulk(`${shard}:${args.join(' ')}`);
      queueMicrotask(() => {
        connection.write(`*3\r\n${bulk('message')}${bulk('a')}${bulk('hello')}`);
      });
      return answerOf('*', args);
    });
    const client = bench.connect();
    client.send('SUBSCRIBE a b', 'GET foo');
    await until(() => client.text.includes('hello') && client.text.includes('GET foo'));
    expect(client.text.startsWith(answerOf('*', ['SUBSCRIBE', 'a', 'b']))).toBe(true);
    client.send('SUBSCRIBE c');
    await until(() => client.text.includes(bulk('c')));
    expect(bench.shards[0]?.asked).toEqual(['SUBSCRIBE a b', 'SUBSCRIBE c']);
  });

  it('of shard channels are where the slot of the channel is, in RESP3, and all end at once', async () => {
    await using bench = shardBench(() => (args, connection) => {
      if (args[0] === 'SUNSUBSCRIBE') {
        const name = connection.received.find(([word]) => word === 'SSUBSCRIBE')?.[1] ?? '';
        return answerOf('>', [...args, name]);
      }
      return answerOf('>', args);
    });
    const client = bench.connect();
    client.send('HELLO 3', 'SSUBSCRIBE foo', 'SSUBSCRIBE bar');
    await until(() => client.text.includes(bulk(foo)) && client.text.includes(bulk(bar)));
    expect(bench.shards.map(({ asked }) => asked)).toEqual([['SSUBSCRIBE bar'], ['SSUBSCRIBE foo']]);
    client.send('SUNSUBSCRIBE', 'PING');
    await until(() => bench.shards.every(({ asked }) => asked.includes('SUNSUBSCRIBE')));
  });

  it('have no message taken for the answer to a command', async () => {
    const text = 'x'.repeat(200_000);
    await using bench = shardBench(() => (args, connection) => {
      if (args[0] === 'SUBSCRIBE') return answerOf('*', args);
      connection.write(`*3\r\n${bulk('message')}${bulk('a')}${bulk(text)}`);
      return `*2\r\n${bulk('pong')}${bulk('')}`;
    });
    const client = bench.connect();
    client.send('SUBSCRIBE a');
    await client.receives(answerOf('*', ['SUBSCRIBE', 'a']));
    client.send('PING', 'PING');
    await until(() => client.text.split(bulk('pong')).length === 3 && client.text.split(text).length === 3);
  });

  it('tell of a change behind the answer with the value from before', async () => {
    const owed: (() => void)[] = [];
    await using bench = shardBench((shard) => (args, connection) => {
      if (args[0] === 'CLIENT') return ok;
      if (shard === 1) {
        connection.write(`${bulk('old')}>2\r\n${bulk('invalidate')}*1\r\n${bulk(args[1] ?? '')}`);
        return undefined;
      }
      owed.push(() => {
        connection.write(bulk('slow'));
      });
      return undefined;
    });
    const client = bench.connect();
    client.send('HELLO 3');
    await until(() => client.text.includes('role'));
    const before = client.text.length;
    client.send('CLIENT SETNAME me', 'GET bar', 'BLPOP foo 0');
    await until(() => owed.length === 1);
    await turn();
    await turn();
    for (const answer of owed) answer();
    const told = `${ok}${bulk('slow')}${bulk('old')}>2\r\n${bulk('invalidate')}*1\r\n${bulk(foo)}`;
    await until(() => client.text.length >= before + told.length);
    expect(client.text.slice(before)).toBe(told);
  });
});

describe('a scan over all shards', () => {
  it('visits each key once, and knows where it is on another connection too', async () => {
    await using bench = shardBench(
      (shard) => (args) =>
        args[1] === '0'
          ? `*2\r\n${bulk('17')}*1\r\n${bulk(`a${shard}`)}`
          : `*2\r\n${bulk('0')}*1\r\n${bulk(`b${shard}`)}`,
    );
    const seen: string[] = [];
    let cursor = '0';
    do {
      const client = bench.connect();
      client.send(`SCAN ${cursor} COUNT 10`);
      await until(() => /\r\n\w\d\r\n$/.test(client.text));
      const [, , next = '', , , key = ''] = client.text.split('\r\n');
      cursor = next;
      seen.push(key);
    } while (cursor !== '0' && seen.length < 10);
    expect([...seen].sort()).toEqual(['a0', 'a1', 'b0', 'b1']);
  });

  it('is at its end when the shards that were left are gone, and interrupted when its server is', async () => {
    await using bench = shardBench(() => () => `*2\r\n${bulk('17')}*0\r\n`);
    const client = bench.connect();
    client.send(`SCAN ${2 ** 41 - 1}`);
    await client.receives('*2\r\n$1\r\n0\r\n*0\r\n');
    client.send(`SCAN ${2 ** 41 * 4000 + 1}`);
    await until(() => client.text.includes('-SCANINTERRUPTED'));
  });
});

describe('a command that is too large to wait for', () => {
  const limits = { maxWholeBytes: 1000 };

  it('is passed on in parts, all to the shard where it began', async () => {
    await using bench = shardBench(
      (shard) => (args) => bulk(`${shard}:${args[1] ?? ''}:${args[2]?.length ?? 0}`),
      {
        limits,
      },
    );
    const client = bench.connect();
    const bytes = command('SET', foo, 'x'.repeat(5000));
    client.write(bytes.slice(0, 2000));
    await turn();
    await turn();
    bench.serve([[0, 16_383]], []);
    client.write(bytes.slice(2000));
    client.send('GET bar');
    await client.receives(bulk('1:foo:5000') + bulk('0:bar:0'));
  });

  it('is refused if its rest may be for other shards', async () => {
    await using bench = shardBench(echo, { limits });
    const client = bench.connect();
    const keys = Array.from({ length: 400 }, (_, at) => `key${at}`);
    const bytes = command('MGET', ...keys);
    client.write(bytes.slice(0, 2000));
    await turn();
    client.write(bytes.slice(2000));
    client.send('GET bar');
    const refused = '-ERR MGET is refused by failover: it is too large to find its shards\r\n';
    await client.receives(refused + bulk('0:GET bar'));
  });

  it('that is cut ends its client', async () => {
    await using bench = shardBench(echo, { limits });
    const client = bench.connect();
    client.write(command('SET', foo, 'x'.repeat(5000)).slice(0, 3000));
    await turn();
    await turn();
    client.socket.end();
    await until(() => !client.isOpen);
    expect(bench.gateway.counters).toMatchObject({ clients: 0 });
  });
});

describe('a client that does not read', () => {
  it('is not read from, however many shards answer it, and closed beyond a bound', async () => {
    await using bench = shardBench(
      (shard) => (args) => (shard === 0 ? undefined : bulk('x'.repeat(10_000) + (args[1] ?? ''))),
      {
        limits: { maxPendingBytes: 50_000, maxLineBytes: 500_000 },
      },
    );
    const client = bench.connect();
    client.send('GET bar');
    for (let at = 0; at < 200 && client.isOpen; at += 1) {
      client.send('GET foo');
      await turn();
    }
    await turn();
    // What waits behind the first answer is counted: beyond some of it nothing more is asked.
    expect(bench.shards[1]?.asked.length).toBeLessThan(20);
    expect(client.isOpen).toBe(true);
  });

  it('gets a long reply in parts while the answers behind it wait', async () => {
    const long = bulk('y'.repeat(500_000));
    await using bench = shardBench((shard) => (args, connection) => {
      if (shard === 1) return bulk(args.join(' '));
      connection.write(long.slice(0, 200_000));
      setImmediate(() => {
        connection.write(long.slice(200_000));
      });
      return undefined;
    });
    const client = bench.connect();
    client.send('GET bar', 'GET foo');
    await client.receives(long + bulk('GET foo'));
  });
});

describe('a shard that has no slots any more', () => {
  it('is left by clients that have nothing there', async () => {
    await using bench = shardBench(echo);
    const client = bench.connect();
    client.send('GET foo', 'GET bar', 'BLPOP foo 0');
    await until(() => client.text.includes('BLPOP'));
    const pinned = bench.shards[1]?.server.connections ?? [];
    expect(pinned.filter(({ isOpen }) => isOpen)).toHaveLength(2);
    bench.serve([[0, 16_383]], []);
    client.send('GET foo');
    await until(() => client.text.endsWith(bulk('0:GET foo')));
    await until(() => pinned.filter(({ isOpen }) => isOpen).length === 1);
  });

  const confirmed = ([name = '', ...channels]: readonly string[]): string =>
    channels.map((channel) => `*3\r\n${bulk(name.toLowerCase())}${bulk(channel)}:1\r\n`).join('');
  const isSubscription = ([name = '']: readonly string[]): boolean => name.endsWith('SUBSCRIBE');

  it('has its subscriptions made again elsewhere, unseen by their client, and their gap is told', async () => {
    await using bench = shardBench(
      (shard) => (args, connection) => {
        if (!isSubscription(args.map(String))) return bulk(`${shard}:${args.join(' ')}`);
        connection.write(confirmed(args.map(String)));
        return `*3\r\n${bulk('message')}${bulk(String(args[1]))}${bulk(`from ${shard}`)}`;
      },
      { ranges: [[[0, 16_383]], []] },
    );
    const subscriber = bench.connect();
    subscriber.send('SUBSCRIBE news', 'PSUBSCRIBE n*', 'SSUBSCRIBE foo');
    await until(() => subscriber.text.split('from 0').length === 4);
    const before = subscriber.text;
    bench.serve([], [[0, 16_383]]);
    await until(() => bench.shards[0]?.target.gaps.length === 1);
    expect(bench.shards[1]?.asked).toEqual(['SUBSCRIBE news', 'PSUBSCRIBE n*', 'SSUBSCRIBE foo']);
    expect(bench.shards[0]?.target.gaps).toMatchObject([
      { server: bench.shards[1]?.endpoint, subscriptions: 3 },
    ]);
    const messages = ['news', 'n*', 'foo'].map(
      (channel) => `*3\r\n${bulk('message')}${bulk(channel)}${bulk('from 1')}`,
    );
    expect(subscriber.text.slice(before.length)).toBe(messages.join(''));
    expect(subscriber.isOpen).toBe(true);
  });

  it('closes a subscriber that nobody takes, which would never hear again, and no other client', async () => {
    await using bench = shardBench(
      (shard) => (args) => {
        if (!isSubscription(args.map(String))) return bulk(`${shard}:${args.join(' ')}`);
        return shard === 0 ? confirmed(args.map(String)) : '-NOPERM no\r\n';
      },
      { ranges: [[[0, 16_383]], []] },
    );
    const [subscriber, other] = [bench.connect(), bench.connect()];
    subscriber.send('SUBSCRIBE news');
    await until(() => subscriber.text.includes('news'));
    other.send('GET foo');
    await until(() => other.text.includes('GET foo'));
    bench.serve([], [[0, 16_383]]);
    await until(() => !subscriber.isOpen);
    expect(other.isOpen).toBe(true);
  });

  it('is left by the shard channels of a slot that moved, when its server ends them', async () => {
    const at: { write(bytes: string): void }[] = [];
    let isMoved = false;
    await using bench = shardBench((shard) => (args, connection) => {
      if (shard === 1 && isMoved) return '-MOVED 12182 127.0.0.1:7000\r\n';
      if (shard === 1) at.push(connection);
      return confirmed(args.map(String));
    });
    const subscriber = bench.connect();
    subscriber.send('SSUBSCRIBE foo');
    await until(() => subscriber.text.includes('foo'));
    const before = subscriber.text;
    isMoved = true;
    at[0]?.write(`*3\r\n${bulk('sunsubscribe')}${bulk('foo')}:0\r\n`);
    await until(() => bench.shards[0]?.target.gaps.length === 1);
    expect(bench.shards[0]?.asked).toEqual(['SSUBSCRIBE foo']);
    expect(subscriber).toMatchObject({ isOpen: true, text: before });
  });

  it('has a command of its subscriber go again that it sent away, beside the subscriptions', async () => {
    const owed: (() => void)[] = [];
    const bench = shardBench(
      (shard) => (args, connection) => {
        if (args[0] === 'SUBSCRIBE') return `>3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`;
        if (args[0] !== 'GET' || shard === 1) return ok;
        owed.push(() => {
          connection.write('-MOVED 12182 127.0.0.1:7001\r\n');
        });
        return undefined;
      },
      { ranges: [[[0, 16_383]], []] },
    );
    await using _ = bench;
    const client = bench.connect();
    client.send('HELLO 3', 'SUBSCRIBE news');
    await until(() => client.text.includes('news'));
    client.send('GET foo');
    await until(() => owed.length === 1);
    bench.serve([], [[0, 16_383]]);
    owed[0]?.();
    await until(() => client.text.endsWith(ok));
    await until(() => bench.shards[0]?.target.gaps.length === 1);
    expect(bench.shards[1]?.asked.toSorted()).toEqual(['GET foo', 'SUBSCRIBE news']);
  });

  it('is left by a subscriber also while one of its answers is read', async () => {
    const owed: (() => void)[] = [];
    await using bench = shardBench(
      () => (args, connection) => {
        if (args[0] === 'SUBSCRIBE') return `*3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`;
        owed.push(() => {
          connection.write(bulk('x'));
        });
        return undefined;
      },
      { ranges: [[[0, 16_383]], []] },
    );
    const client = bench.connect();
    client.send('SUBSCRIBE news');
    await until(() => client.text.includes('news'));
    client.send('GET foo');
    await until(() => owed.length === 1);
    bench.serve([], [[0, 16_383]]);
    owed[0]?.();
    await until(() => bench.shards[0]?.target.gaps.length === 1);
    expect(client).toMatchObject({ isOpen: true, text: expect.stringMatching(/x\r\n$/) as string });
    expect(bench.shards[1]?.asked).toEqual(['SUBSCRIBE news']);
  });
});
