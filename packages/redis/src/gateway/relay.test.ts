import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BenchTop } from './test-kit/bench-top.ts';
import { benchTop, names, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

const echo: Handler = (args) => `$${String(args[1]).length}\r\n${String(args[1])}\r\n`;
const silent: Handler = () => undefined;
const unknown = (top: BenchTop): string =>
  `-OUTCOMEUNKNOWN server=${top.first} epoch=0.1 sent, and no reply came: it may or may not have been executed (closed by the server)\r\n`;
const behind = '-TRYAGAIN failover: not executed, a command before it is unknown\r\n';

describe('a relay', () => {
  it('shares one connection among clients, and each gets its own replies', async () => {
    await using top = benchTop(echo);
    const clients = Array.from({ length: 20 }, () => top.connect());
    clients.forEach((client, at) => {
      client.send(`GET a${at}`, `GET b${at}`);
    });
    await Promise.all(clients.map((client, at) => client.receives(echoed(`a${at}`, `b${at}`))));
    expect(top.a.connections).toHaveLength(1);
  });

  it('[8] asks ROLE on the connection itself and sends nothing to a replica', async () => {
    await using top = benchTop(echo);
    top.a.role = '*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:7002\r\n$9\r\nconnected\r\n:0\r\n';
    const client = top.connect();
    client.send('SET a 1');
    await until(() => top.cluster.reports.length > 0);
    expect(top.a.received).toEqual([]);
    expect(top.cluster.reports[0]).toMatchObject({ type: 'said', reply: { type: 'role' } });
    top.cluster.grant(top.second);
    await client.receives(echoed('a'));
    expect(names(top, 'b')).toEqual(['SET a 1']);
  });

  it('[25] takes another connection for another database, and the first one again for the first', async () => {
    await using top = benchTop(echo);
    const client = top.connect();
    for (const [database, key] of ['0', '1', '0'].map((each, at) => [each, `k${at}`] as const)) {
      client.send(`SELECT ${database}`);
      client.send(`GET ${key}`);
      await client.receives(
        [0, 1, 2]
          .slice(0, Number(key[1]) + 1)
          .map((at) => `+OK\r\n${echoed(`k${at}`)}`)
          .join(''),
      );
    }
    expect(top.a.connections.map(({ received }) => received.map((args) => args[1]))).toEqual([
      ['k0', 'k2'],
      ['k1'],
    ]);
  });

  it('holds commands while there is no server, and sends them in order when there is', async () => {
    await using top = benchTop(echo);
    top.cluster.fence();
    const client = top.connect();
    client.send('GET 1');
    await until(() => top.cluster.held === 1);
    client.send('GET 2', 'GET 3');
    await until(() => top.cluster.held === 2);
    top.cluster.grant(top.second);
    await client.receives(echoed('1', '2', '3'));
    expect(names(top, 'b')).toEqual(['GET 1', 'GET 2', 'GET 3']);
  });

  it('answers TRYAGAIN for each command whose hold ended without a server', async () => {
    await using top = benchTop(echo);
    top.cluster.fence();
    const client = top.connect();
    client.send('GET 1', 'SET 2 x');
    await until(() => top.cluster.held === 1);
    top.cluster.refuseHeld();
    await client.receives('-TRYAGAIN failover: not executed, the hold window is over\r\n'.repeat(2));
  });

  it('takes the held commands of a client along when it leaves', async () => {
    await using top = benchTop(echo);
    top.cluster.fence();
    const client = top.connect();
    client.send('SET a 1');
    await until(() => top.cluster.held === 1);
    client.socket.destroy();
    await until(() => top.cluster.held === 0);
    top.cluster.grant(top.second);
    const other = top.connect();
    other.send('GET b');
    await other.receives(echoed('b'));
    expect(names(top, 'b')).toEqual(['GET b']);
  });

  it('sends reads again and tells that a write is unknown, when the server dies with both in flight', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    client.send('GET a', 'SET b 1', 'GET c', 'SET d 2');
    await until(() => top.a.received.length === 4);
    top.b.handler = echo;
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await until(() => top.cluster.held === 1);
    top.cluster.grant(top.second);
    await client.receives(echoed('a') + unknown(top) + behind + unknown(top));
    expect(names(top, 'b')).toEqual(['GET a']);
    expect(top.cluster.unknown).toBe(2);
    expect(client.isOpen).toBe(true);
    client.send('SET e 3');
    await client.receives(echoed('a') + unknown(top) + behind + unknown(top) + echoed('e'));
  });

  it('runs nothing that was sent before the client was told of an unknown command', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    client.send('GET a', 'SET b 1');
    await until(() => top.a.received.length === 2);
    top.b.handler = echo;
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await until(() => top.cluster.held === 1);
    client.send('SET late 1');
    await turn();
    top.cluster.grant(top.second);
    await client.receives(echoed('a') + unknown(top) + behind);
    expect(names(top, 'b')).toEqual(['GET a']);
  });

  it('runs it all the same with continueAfterUnknown', async () => {
    await using top = benchTop(silent, { continueAfterUnknown: true });
    const client = top.connect();
    client.send('SET b 1', 'GET c');
    await until(() => top.a.received.length === 2);
    top.b.handler = echo;
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await until(() => top.cluster.held === 1);
    top.cluster.grant(top.second);
    await client.receives(unknown(top) + echoed('c'));
  });

  it('ends what is in flight as unknown when the lease is fenced', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    client.send('INCR n');
    await until(() => top.a.received.length === 1);
    top.cluster.fence();
    await until(() => client.text.startsWith('-OUTCOMEUNKNOWN'));
    await until(() => top.a.connections[0]?.isOpen === false);
  });

  it('loses nothing that was answered before the connection closed', async () => {
    let answered = 0;
    await using top = benchTop((args) => {
      answered += 1;
      return answered <= 2 ? echo(args, nobody) : undefined;
    });
    const client = top.connect();
    client.send('SET 1 x', 'SET 2 x', 'SET 3 x');
    await client.receives(echoed('1', '2'));
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await client.receives(echoed('1', '2') + unknown(top));
    expect(top.cluster.unknown).toBe(1);
  });

  it('[15] sends refused commands again, in order and once, with the reads behind them', async () => {
    const readOnly: Handler = (args) =>
      args[0] === 'SET' ? "-READONLY You can't write against a read only replica.\r\n" : '$3\r\nold\r\n';
    await using top = benchTop(readOnly);
    const client = top.connect();
    client.send('GET before', 'SET a 1', 'GET a', 'SET b 2');
    top.b.handler = echo;
    await until(() => top.cluster.reports.length > 0);
    expect(top.cluster.reports[0]).toMatchObject({ reply: { type: 'errorReply', code: 'READONLY' } });
    top.cluster.grant(top.second);
    await client.receives(`$3\r\nold\r\n${echoed('a', 'a', 'b')}`);
    expect(names(top, 'b')).toEqual(['SET a 1', 'GET a', 'SET b 2']);
    expect(client.text).not.toContain('READONLY');
  });

  it('answers a refusal with its error if a later write was executed', async () => {
    let count = 0;
    await using top = benchTop(() => {
      count += 1;
      return count === 1 ? '-LOADING Redis is loading the dataset in memory\r\n' : `:${count}\r\n`;
    });
    const client = top.connect();
    client.send('INCR a', 'INCR b', 'GET c');
    await client.receives('-LOADING Redis is loading the dataset in memory\r\n:2\r\n:3\r\n');
    expect(top.a.received).toHaveLength(3);
  });

  it('[33] waits before it asks a server again that refuses and holds the lease', async () => {
    let isLoading = true;
    await using top = benchTop((args) => (isLoading ? '-LOADING not yet\r\n' : echo(args, nobody)));
    const client = top.connect();
    client.send('SET a 1');
    await until(() => top.a.received.length === 1);
    isLoading = false;
    await client.receives(echoed('a'));
    expect(top.a.received).toHaveLength(2);
  });

  it('passes an error through that is the application’s own', async () => {
    await using top = benchTop(() => '-WRONGTYPE Operation against a key\r\n');
    const client = top.connect();
    client.send('INCR a');
    await client.receives('-WRONGTYPE Operation against a key\r\n');
    expect(top.cluster.reports).toEqual([]);
  });

  it('forwards a reply only when it is whole', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    const other = top.connect();
    client.send('GET a');
    other.send('GET b');
    await until(() => top.a.received.length === 2);
    top.a.connections[0]?.write('$5\r\nhel');
    await turn();
    await turn();
    expect(client.text).toBe('');
    top.a.connections[0]?.write('lo\r\n$1\r');
    await client.receives('$5\r\nhello\r\n');
    expect(other.text).toBe('');
    top.a.connections[0]?.write('\nx\r\n');
    await other.receives('$1\r\nx\r\n');
  });

  it('streams a large reply, gives others a second connection meanwhile, and closes only its client if it is cut', async () => {
    await using top = benchTop((args) => (args[1] === 'large' ? undefined : echo(args, nobody)), {
      limits: { maxWholeBytes: 1000 },
    });
    const client = top.connect();
    const other = top.connect();
    client.send('GET large');
    await until(() => top.a.received.length === 1);
    top.a.connections[0]?.write(`$100000\r\n${'x'.repeat(5000)}`);
    await until(() => client.text.length > 5000);
    other.send('GET b');
    await other.receives(echoed('b'));
    expect(top.a.connections).toHaveLength(2);
    top.a.connections[0]?.close();
    await until(() => !client.isOpen);
    expect(other.isOpen).toBe(true);
    expect(top.gateway.counters['cutReplies']).toBe(1);
  });

  it('answers a malformed frame as Redis does, after what came before it, and closes', async () => {
    await using top = benchTop(echo);
    const client = top.connect();
    client.write('*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n!oops\r\n');
    await client.receives(`${echoed('a')}-ERR Protocol error: expected '$', got '!'\r\n`);
    await until(() => !client.isOpen);
  });

  it('takes inline commands', async () => {
    await using top = benchTop(echo);
    const client = top.connect();
    client.write('GET "a b"\r\n\r\nget c\r\n');
    await client.receives(echoed('a b', 'c'));
  });

  it('finishes what is in flight when the listener drains, and ends', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    client.send('GET a');
    await until(() => top.a.received.length === 1);
    top.drain.abort();
    await turn();
    expect(client.isOpen).toBe(true);
    top.a.connections[0]?.write(echoed('a'));
    await client.receives(echoed('a'));
    await until(() => !client.isOpen);
  });

  it('[42] closes a client that does not read what it asked for, and that others wait behind', async () => {
    await using top = benchTop(() => `$10000\r\n${'x'.repeat(10_000)}\r\n`, {
      limits: { maxUnreadBytes: 50_000 },
    });
    const client = top.connect();
    client.socket.pause();
    client.send(...Array.from({ length: 50 }, (_, at) => `GET ${at}`));
    const other = top.connect();
    other.send('GET b');
    await until(() => top.gateway.counters['closedSlow'] === 1);
    await until(() => top.gateway.counters['clients'] === 1);
    expect(top.cluster.slow).toMatchObject([{ address: '127.0.0.1:50000', count: 1 }]);
    expect(top.cluster.slow[0]?.unreadBytes).toBeGreaterThan(50_000);
  });

  it('[42] lets the server of a client wait that does not read what it asked for', async () => {
    await using top = benchTop(() => `$10000\r\n${'x'.repeat(10_000)}\r\n`, {
      limits: { maxUnreadBytes: 50_000 },
    });
    const client = top.connect();
    client.socket.pause();
    client.send(...Array.from({ length: 50 }, (_, at) => `GET ${at}`));
    await until(() => top.a.received.length === 50);
    client.socket.resume();
    await until(() => client.text.length === 50 * 10_010);
    expect(top.gateway.counters['closedSlow']).toBe(0);
  });

  it('stops reading from a client that has too much waiting, and loses none of it', async () => {
    await using top = benchTop(echo, { limits: { maxPendingBytes: 2000 } });
    top.cluster.fence();
    const client = top.connect();
    const keys = Array.from({ length: 2000 }, (_, at) => `key${at}`);
    for (const key of keys) client.send(`GET ${key}`);
    await until(() => top.cluster.held > 0);
    top.cluster.grant(top.second);
    await client.receives(echoed(...keys));
  });

  it('refuses writes on a listener for replicas, in their place', async () => {
    await using top = benchTop(echo, { role: 'replica' });
    top.a.role = '*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:7002\r\n$9\r\nconnected\r\n:0\r\n';
    const client = top.connect();
    client.send('GET a', 'SET a 1', 'GET b');
    await client.receives(
      `${echoed('a')}-READONLY You can't write against a read only replica.\r\n${echoed('b')}`,
    );
  });

  it('leaves no client and no connection when it is disposed', async () => {
    const top = benchTop(silent);
    const client = top.connect();
    client.send('GET a');
    await until(() => top.a.received.length === 1);
    await top[Symbol.asyncDispose]();
    await until(() => !client.isOpen && top.a.connections[0]?.isOpen === false);
    expect(top.gateway.counters).toMatchObject({ clients: 0, sharedUpstreams: 0, pinnedUpstreams: 0 });
  });
});

const nobody = { received: [], write: () => undefined, close: () => undefined, isOpen: true };
const echoed = (...keys: readonly string[]): string =>
  keys.map((key) => `$${key.length}\r\n${key}\r\n`).join('');
