import { describe, expect, it } from 'vitest';
import { benchTop, bulk, command, names, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';
import { shardBench } from './test-kit/shard-bench.ts';

const echo: Handler = (args) => bulk(args.join(' '));
const silent: Handler = () => undefined;
const notExecuted = '-TRYAGAIN failover: not executed, Connection is closed.\r\n';

describe('a client that ends its side behind what it asked', () => {
  it('is answered, by the first connection to the server as well, and closed', async () => {
    await using top = benchTop(echo);
    const client = top.connect();
    client.send('GET a', 'EVAL b 0', 'CLIENT GETNAME', 'SELECT 1', 'GET c');
    client.socket.end();
    await client.receives(`${bulk('GET a')}${bulk('EVAL b 0')}$-1\r\n+OK\r\n${bulk('GET c')}`);
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 0, pinnedUpstreams: 0 });
  });

  it('is told at once that nothing was executed while there is no server', async () => {
    await using top = benchTop(echo);
    top.cluster.fence();
    const client = top.connect();
    client.send('SET a 1', 'PING');
    await until(() => top.cluster.held === 1);
    client.socket.end();
    await client.receives(notExecuted.repeat(2));
    await until(() => !client.isOpen);
    top.cluster.grant(top.second);
    expect(top.cluster.held).toBe(0);
    expect(names(top, 'b')).toEqual([]);
  });

  it('is told what is unknown when its server is lost, and what was not executed behind it', async () => {
    await using top = benchTop(silent);
    const client = top.connect();
    client.send('SET a 1', 'GET b');
    client.socket.end();
    await until(() => top.a.received.length === 2);
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await client.receives(
      `-OUTCOMEUNKNOWN server=${top.first} epoch=0.1 sent, and no reply came: it may or may not have been executed (closed by the server)\r\n`,
    );
    await until(() => !client.isOpen);
    expect(top.cluster.unknown).toBe(1);
  });

  it('takes no element from those who are there: where it waits for one it is closed', async () => {
    await using top = benchTop((args) => (args[0] === 'BLPOP' ? undefined : echo(args, nobody)));
    const [waiting, late] = [top.connect(), top.connect()];
    waiting.send('BLPOP a 0');
    await until(() => top.a.received.length === 1);
    waiting.socket.end();
    late.send('EVAL a 0', 'BLPOP a 0');
    late.socket.end();
    await late.receives(bulk('EVAL a 0'));
    await until(() => !waiting.isOpen && !late.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 0, pinnedUpstreams: 0 });
  });

  it('takes none behind what its connection begins with', async () => {
    await using top = benchTop((args) => (args[0] === 'BLPOP' ? undefined : echo(args, nobody)));
    const before = top.connect();
    before.send('EVAL a 0');
    await before.receives(bulk('EVAL a 0'));
    const client = top.connect();
    client.send('BLPOP a 0');
    client.socket.end();
    await until(() => !client.isOpen);
  });

  it('ends as a subscriber, and asks for no other server when its own is lost', async () => {
    await using top = benchTop((args) => (args[0] === 'SUBSCRIBE' ? undefined : echo(args, nobody)));
    const client = top.connect();
    client.send('SUBSCRIBE a');
    await until(() => top.a.received.length === 1);
    client.socket.end();
    top.cluster.doubt();
    top.a.connections[0]?.close();
    await until(() => !client.isOpen);
    expect(top.cluster.held).toBe(0);
  });

  it('hears nothing of a command that it did not finish', async () => {
    await using top = benchTop(echo);
    const client = top.connect();
    client.send('GET a');
    client.write(command('GET', 'b').slice(0, -3));
    client.socket.end();
    await until(() => !client.isOpen);
    expect(client.text).toBe(bulk('GET a'));
  });

  it('is closed when nothing more can come to it in time, whatever its server does', async () => {
    await using top = benchTop(silent, { config: { holdMs: 100 } });
    const client = top.connect();
    client.send('GET a');
    client.socket.end();
    await until(() => top.a.received.length === 1);
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 0 });
  });

  it('is closed when it reads nothing of what it asked', async () => {
    await using top = benchTop(() => bulk('x'.repeat(1024 * 1024)), { config: { holdMs: 100 } });
    const client = top.connect();
    client.socket.pause();
    client.send('GET a');
    client.socket.end();
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 0 });
  });

  it('hears of its writes when replicas have them', async () => {
    const replicas: Handler = (args) => (args[0] === 'WAIT' ? ':1\r\n' : '+OK\r\n');
    await using top = benchTop(replicas, { config: { waitReplicas: 1 } });
    const client = top.connect();
    client.send('SET a 1');
    client.socket.end();
    await client.receives('+OK\r\n');
    await until(() => !client.isOpen);
  });

  it('is answered by all shards that it asked, in order', async () => {
    await using bench = shardBench((shard) => (args) => bulk(`${shard}:${args.join(' ')}`));
    const client = bench.connect();
    client.send('GET foo', 'GET bar');
    client.socket.end();
    await client.receives(bulk('1:GET foo') + bulk('0:GET bar'));
    await until(() => !client.isOpen);
  });

  it('takes no element from those who are there at a shard either', async () => {
    await using bench = shardBench(() => silent);
    const client = bench.connect();
    client.send('BLPOP foo 0');
    await until(() => bench.shards[1]?.asked.length === 1);
    client.socket.end();
    await until(() => !client.isOpen);
  });
});

describe('a client that never ends its side', () => {
  it.each([
    ['whose writes wait for replicas', () => benchTop(echo, { config: { waitReplicas: 1 } })],
    ['that reaches all shards', () => shardBench(() => echo)],
    ['like any other', () => benchTop(echo)],
  ])('is closed soon when it was told everything: one %s', async (_title, open) => {
    await using bench = open();
    const [client, wrong] = [bench.connect(), bench.connect()];
    for (const { socket } of [client, wrong]) socket.pause();
    client.send('QUIT');
    wrong.write('*-\r\n');
    await until(() => !client.isOpen && !wrong.isOpen);
    expect(bench.gateway.counters).toMatchObject({ clients: 0 });
  });
});

const nobody = { received: [], write: () => undefined, close: () => undefined, isOpen: true };
