import { describe, expect, it } from 'vitest';
import type { BenchTop } from './test-kit/bench-top.ts';
import { benchTop, bulk, command, failOver, names, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

const forget = '>2\r\n$10\r\ninvalidate\r\n_\r\n';

const redis: Handler = (args) => {
  switch (args[0]?.toUpperCase()) {
    case 'GET':
    case 'EVAL':
      return bulk(String(args[1]));
    case 'HELLO':
      return args[1] === '3' ? '%2\r\n+server\r\n+redis\r\n+version\r\n+7\r\n' : '*0\r\n';
    case 'SLOW':
      return undefined;
    default:
      return '+OK\r\n';
  }
};

describe('CLIENT REPLY', () => {
  it('OFF keeps answers from the client, whoever gives them, until ON', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send(
      'GET a',
      'CLIENT REPLY OFF',
      'GET b',
      'EVAL c 0',
      'CLIENT ID',
      'SHUTDOWN',
      'CLIENT REPLY ON',
      'GET d',
    );
    await client.receives(`${bulk('a')}+OK\r\n${bulk('d')}`);
    expect(names(top, 'a')).toEqual(expect.arrayContaining(['GET b', 'EVAL c 0']));
  });

  it('SKIP keeps one answer from the client and no other, in a run or alone, of ours or of a server', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('CLIENT REPLY SKIP', 'GET a', 'GET b', 'GET c');
    await client.receives(bulk('b') + bulk('c'));
    client.send('CLIENT REPLY SKIP', 'EVAL x 0', 'GET d');
    await client.receives(bulk('b') + bulk('c') + bulk('d'));
    client.send('CLIENT REPLY SKIP', 'CLIENT ID', 'GET e');
    await client.receives(bulk('b') + bulk('c') + bulk('d') + bulk('e'));
  });

  it('SKIP holds for a command that goes again on the next server', async () => {
    await using top = benchTop((args, connection) =>
      args[0] === 'GET' && connection === top.a.connections[0] ? undefined : redis(args, connection),
    );
    const client = top.connect();
    client.send('CLIENT REPLY SKIP', 'GET a', 'GET b');
    await until(() => names(top, 'a').includes('GET a'));
    await failOver(top);
    await client.receives(bulk('b'));
    expect(names(top, 'b')).toEqual(expect.arrayContaining(['GET a', 'GET b']));
  });

  it('is refused a word that it does not know', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('CLIENT REPLY MAYBE');
    await client.receives('-ERR syntax error\r\n');
  });
});

describe('CLIENT NO-EVICT and NO-TOUCH', () => {
  it('are taken, and reach no server: the connection there is of many clients', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send(
      'CLIENT NO-EVICT on',
      'CLIENT NO-TOUCH ON',
      'CLIENT NO-EVICT off',
      'CLIENT NO-EVICT maybe',
      'GET a',
    );
    await client.receives(`+OK\r\n+OK\r\n+OK\r\n-ERR syntax error\r\n${bulk('a')}`);
    expect(names(top, 'a')).toEqual(['GET a']);
  });
});

describe('MONITOR', () => {
  const line = (text: string): string => `+1339518083.107412 [0 127.0.0.1:60866] "${text}"\r\n`;

  it('shows what the server does, also the next one, and tells its lines from answers', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.send('MONITOR');
    await client.receives('+OK\r\n');
    top.a.connections[0]?.write(line('keys'));
    await client.receives(`+OK\r\n${line('keys')}`);
    await failOver(top);
    await until(() => names(top, 'b').includes('MONITOR'));
    top.b.connections[0]?.write(line('get'));
    await client.receives(`+OK\r\n${line('keys')}${line('get')}`);
    client.send('GET a', 'RESET', 'GET b');
    await client.receives(`+OK\r\n${line('keys')}${line('get')}${bulk('a')}+RESET\r\n${bulk('b')}`);
  });
});

describe('CLIENT TRACKING', () => {
  const greeted = async (top: BenchTop) => {
    const client = top.connect();
    client.send('HELLO 3');
    await until(() => client.text.startsWith('%'));
    const greeting = client.text.length;
    return { client, seen: () => client.text.slice(greeting) };
  };

  it('[41] keeps the client on a connection of its own, and passes on what is pushed there', async () => {
    await using top = benchTop(redis);
    const { client, seen } = await greeted(top);
    client.send('CLIENT TRACKING ON', 'GET a');
    await until(() => seen() === `+OK\r\n${bulk('a')}`);
    const own = top.a.connections.find((each) => each.received.some((args) => args[1] === 'TRACKING'));
    expect(own?.received.map((args) => args[0])).toContain('GET');
    const push = '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n';
    own?.write(push);
    await until(() => seen().endsWith(push));
  });

  it('[41] says after a switch that all is to be forgotten, and tracks on', async () => {
    await using top = benchTop(redis);
    const { client, seen } = await greeted(top);
    client.send('CLIENT TRACKING ON BCAST PREFIX p');
    await until(() => seen() === '+OK\r\n');
    await failOver(top);
    await until(() => seen() === `+OK\r\n${forget}`);
    client.send('GET a');
    await until(() => seen() === `+OK\r\n${forget}${bulk('a')}${forget}`);
    const own = top.b.connections.find((each) => each.received.some((args) => args[0] === 'GET'));
    expect(own?.received.map((args) => args.join(' '))).toContain('CLIENT TRACKING ON BCAST PREFIX p');
    client.send('CLIENT TRACKING OFF');
    await until(() => seen().endsWith(`${forget}+OK\r\n`));
  });

  it('is refused with REDIRECT, and what the server refuses is off', async () => {
    await using top = benchTop((args, connection) =>
      args[1] === 'TRACKING' ? '-ERR not so\r\n' : redis(args, connection),
    );
    const { client, seen } = await greeted(top);
    client.send('CLIENT TRACKING ON REDIRECT 7', 'CLIENT TRACKING ON', 'GET a');
    await until(() => seen().endsWith(bulk('a')));
    expect(seen()).toMatch(/^-ERR CLIENT TRACKING with REDIRECT is refused by failover.*\r\n-ERR not so\r\n/);
    await failOver(top);
    client.write(command('GET', 'b'));
    await until(() => seen().endsWith(bulk('b')));
    expect(seen()).not.toContain('invalidate');
  });
});
