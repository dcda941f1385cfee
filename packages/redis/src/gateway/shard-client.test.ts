import { describe, expect, it } from 'vitest';
import { bulk, command, until } from './test-kit/bench-top.ts';
import { duplexPair } from './test-kit/duplex-pair.ts';
import type { Handler } from './test-kit/scripted-server.ts';
import type { ShardBench } from './test-kit/shard-bench.ts';
import { shardBench } from './test-kit/shard-bench.ts';

/** A client of the first shard alone, as a node of an ioredis `Cluster` is. */
function connect(bench: ShardBench) {
  const [near, far] = duplexPair();
  const at = { role: 'primary', address: 'test', shard: bench.shards[0]?.name ?? '' };
  bench.gateway.attach(far, at, () => near.destroy());
  let text = '';
  near.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  near.on('error', () => undefined);
  return {
    get text() {
      return text;
    },
    get isOpen() {
      return !near.destroyed;
    },
    send(...commands: readonly string[]) {
      near.write(commands.map((each) => command(...each.split(' '))).join(''));
    },
  };
}

const push = (mark: '*' | '>', ...words: readonly string[]): string =>
  `${mark}${words.length + 1}\r\n${words.map(bulk).join('')}:0\r\n`;

/** `bar` is a key and a channel of the first shard. */
const echo = (): Handler => (args) =>
  args[0] === 'SSUBSCRIBE'
    ? push('*', 'ssubscribe', String(args[1]))
    : args[0] === 'GET'
      ? bulk(String(args[1]))
      : '+OK\r\n';

describe('a client of one shard', () => {
  it('waits for a node that was just started and refuses everything for a while', async () => {
    await using bench = shardBench(echo);
    const [first] = bench.shards;
    if (first === undefined) throw new Error('no shard');
    first.server.clusterState = 'fail';
    const client = connect(bench);
    client.send('GET bar');
    await until(() => first.server.connections.length > 1);
    expect([client.text, first.asked]).toEqual(['', []]);
    first.server.clusterState = 'ok';
    await until(() => client.text === bulk('bar'));
  });

  it('is subscribed again when its node ends a subscription by itself, and hears nothing of that', async () => {
    await using bench = shardBench(echo);
    const [first] = bench.shards;
    const client = connect(bench);
    client.send('SSUBSCRIBE bar');
    await until(() => client.text === push('*', 'ssubscribe', 'bar'));
    const [before] = first?.server.connections.slice(-1) ?? [];
    before?.write(push('*', 'sunsubscribe', 'bar'));
    await until(() => first?.asked.filter((asked) => asked === 'SSUBSCRIBE bar').length === 2);
    const now = first?.server.connections.at(-1);
    now?.write(`*3\r\n${bulk('smessage')}${bulk('bar')}${bulk('hello')}`);
    await until(() => client.text.endsWith(bulk('hello')));
    expect(client.text).not.toContain('sunsubscribe');
    expect(before?.isOpen).toBe(false);
  });

  it('is closed when its subscription has nobody here any more, so that it subscribes elsewhere', async () => {
    let isMoved = false;
    await using bench = shardBench(() => (args) => {
      if (args[0] !== 'SSUBSCRIBE') return '+OK\r\n';
      return isMoved ? '-MOVED 5061 127.0.0.1:7001\r\n' : push('*', 'ssubscribe', 'bar');
    });
    const client = connect(bench);
    client.send('SSUBSCRIBE bar');
    await until(() => client.text !== '');
    isMoved = true;
    bench.shards[0]?.server.connections.at(-1)?.write(push('*', 'sunsubscribe', 'bar'));
    await until(() => !client.isOpen);
  });

  it('cannot begin a watched transaction again elsewhere, where nothing is watched', async () => {
    await using bench = shardBench(() => (args) => {
      if (args[0] === 'SET') return '-MOVED 5061 127.0.0.1:7001\r\n';
      return args[0] === 'EXEC' ? '-EXECABORT Transaction discarded\r\n' : '+OK\r\n';
    });
    const watching = connect(bench);
    watching.send('WATCH bar', 'MULTI', 'SET bar 1', 'EXEC');
    await until(() => watching.text.includes('EXECABORT'));
    expect(watching.text).toContain(
      '-TRYAGAIN failover: not executed, its slot is at another server now\r\n',
    );
    expect(watching.text).not.toContain('MOVED');
    // Without a watch it may: nothing of it was executed.
    const plain = connect(bench);
    plain.send('MULTI', 'SET bar 1', 'EXEC');
    await until(() => plain.text.includes('EXECABORT'));
    expect(plain.text).toContain('-MOVED 5061 redis-s1:6379\r\n');
  });

  it('finds its slot elsewhere with the next watch, once it was told that its watched transaction cannot go on', async () => {
    let isMoved = false;
    await using bench = shardBench(() => () => (isMoved ? '-MOVED 5061 127.0.0.1:7001\r\n' : '+OK\r\n'));
    const client = connect(bench);
    const said = async (command: string): Promise<string> => {
      const before = client.text.length;
      client.send(command);
      await until(() => client.text.length > before);
      return client.text.slice(before);
    };
    const away = '-MOVED 5061 redis-s1:6379\r\n';
    const refused = '-TRYAGAIN failover: not executed, its slot is at another server now\r\n';
    expect(await said('WATCH bar')).toBe('+OK\r\n');
    isMoved = true;
    // Sent on, it would read there what nobody watches.
    expect(await said('GET bar')).toBe(refused);
    expect(await said('WATCH bar')).toBe(away);
    expect(await said('GET bar')).toBe(away);
    // The slot comes back, and goes again: a watch that was refused is none.
    isMoved = false;
    expect(await said('WATCH bar')).toBe('+OK\r\n');
    isMoved = true;
    expect(await said('WATCH bar')).toBe(refused);
    expect(await said('WATCH bar')).toBe(away);
  });

  it('is told no address of a server inside a transaction', async () => {
    await using bench = shardBench(() => (args) => {
      if (args[0] === 'SET') return '-MOVED 5061 10.0.0.9:6379\r\n';
      return args[0] === 'EXEC' ? '-EXECABORT Transaction discarded\r\n' : '+OK\r\n';
    });
    const client = connect(bench);
    client.send('MULTI', 'SET bar 1', 'EXEC');
    await until(() => client.text.includes('EXECABORT'));
    expect(client.text).not.toContain('10.0.0.9');
  });
});
