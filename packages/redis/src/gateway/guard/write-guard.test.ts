import { describe, expect, it } from 'vitest';
import type { BenchTop } from '../test-kit/bench-top.ts';
import { benchTop, bulk, until } from '../test-kit/bench-top.ts';
import type { Handler } from '../test-kit/scripted-server.ts';

/** A server whose replicas have a write when `waited` says so; `undefined`: it waits for them. */
function guarded(waited: () => number | undefined): BenchTop {
  const handler: Handler = ([name = '', key = '']) => {
    switch (name.toUpperCase()) {
      case 'WAIT': {
        const count = waited();
        return count === undefined ? undefined : `:${count}\r\n`;
      }
      case 'GET':
        return bulk(key);
      case 'EXEC':
        return '*1\r\n+OK\r\n';
      case 'BAD':
        return '-ERR no\r\n';
      case 'PUBLISH':
        return ':0\r\n';
      default:
        return '+OK\r\n';
    }
  };
  return benchTop(handler, { config: { waitReplicas: 1, waitTimeoutMs: 100 } });
}

const MiB = 1024 * 1024;

/** The beginning of a SET of that many bytes. */
const setOf = (bytes: number, sent: number): string =>
  `*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$${bytes}\r\n${'x'.repeat(sent)}`;

const namesSent = (top: BenchTop): readonly string[] =>
  top.a.received.map(([name = '']) => name.toUpperCase()).filter((name) => name !== 'PUBLISH');

describe('a guarded write', () => {
  it('is acknowledged when enough replicas have it', async () => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.send('SET a 1');
    await client.receives('+OK\r\n');
    expect(top.a.received.at(-1)).toEqual(['WAIT', '1', '100']);
  });

  it('is not acknowledged before, and nothing behind it overtakes its answer', async () => {
    await using top = guarded(() => undefined);
    const client = top.connect();
    client.send('GET x', 'SET a 1', 'GET a');
    await client.receives(bulk('x'));
    await until(() => namesSent(top).includes('WAIT'));
    expect(client.text).toBe(bulk('x'));
    top.a.connections.at(-1)?.write(':2\r\n');
    await client.receives(`${bulk('x')}+OK\r\n${bulk('a')}`);
  });

  it('is unknown when too few replicas have it in time; reads and refusals are what they are', async () => {
    await using top = guarded(() => 0);
    const client = top.connect();
    client.send('GET x', 'SET a 1', 'BAD', 'GET y');
    const unknown = `-OUTCOMEUNKNOWN server=${top.first} epoch=0.1 executed, and a failover may lose it: 0 of 1 replicas had it within 100 ms (too few replicas)\r\n`;
    await client.receives(`${bulk('x')}${unknown}-ERR no\r\n${bulk('y')}`);
  });

  it('is unknown when its server dies while replicas are waited for', async () => {
    await using top = guarded(() => undefined);
    const client = top.connect();
    client.send('SET a 1');
    await until(() => namesSent(top).includes('WAIT'));
    top.b.handler = () => ':0\r\n';
    for (const connection of top.a.connections) connection.close();
    top.cluster.grant(top.second);
    await until(() => client.text.endsWith('\r\n'));
    expect(client.text).toMatch(/^-OUTCOMEUNKNOWN server=/);
  });

  it('costs nothing for reads, and one WAIT for all that a client sends together', async () => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.send('GET a', 'GET b');
    await client.receives(`${bulk('a')}${bulk('b')}`);
    expect(namesSent(top)).toEqual(['GET', 'GET']);
    client.send('SET a 1', 'SET b 1', 'SET c 1');
    await client.receives(`${bulk('a')}${bulk('b')}+OK\r\n+OK\r\n+OK\r\n`);
    expect(namesSent(top).filter((name) => name === 'WAIT')).toHaveLength(1);
  });

  it('is a whole transaction: there is no WAIT inside it', async () => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.send('MULTI');
    await client.receives('+OK\r\n');
    client.send('SET a 1');
    await client.receives('+OK\r\n+OK\r\n');
    client.send('EXEC');
    await client.receives('+OK\r\n+OK\r\n*1\r\n+OK\r\n');
    expect(namesSent(top)).toEqual(['MULTI', 'SET', 'EXEC', 'WAIT']);
  });

  it('is refused without answers, which could not be waited for', async () => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.send('SET a 1', 'CLIENT REPLY OFF', 'GET a');
    await until(() => client.text.endsWith(bulk('a')));
    expect(client.text).toMatch(/^\+OK\r\n-ERR CLIENT REPLY is refused by failover: .*\r\n\$1\r\na\r\n$/);
  });

  it.each([
    ['between commands', 'SET b 1\r\n*1\r\n!\r\n', '+OK\r\n+OK\r\n'],
    ['within a command above 1 MiB', setOf(2 * MiB, MiB) + 'x'.repeat(2 * MiB), '+OK\r\n'],
  ])('is answered at once when a protocol error follows %s, and so is the error', async (_, bytes, done) => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.send('SET a 1');
    await client.receives('+OK\r\n');
    client.write(bytes);
    await until(() => !client.isOpen);
    expect(client.text.slice(0, done.length)).toBe(done);
    expect(client.text.slice(done.length)).toMatch(/^-ERR Protocol error: [^\r]*\r\n$/);
    expect(top.gateway.counters['protocolErrors']).toBe(1);
  });

  it('is unknown when no WAIT can follow it, since the command behind it never ends', async () => {
    await using top = guarded(() => 1);
    const client = top.connect();
    client.write(`SET a 1\r\n${setOf(2 * MiB, MiB)}`);
    await until(() => namesSent(top).includes('SET'));
    client.write('x'.repeat(2 * MiB));
    await until(() => !client.isOpen);
    expect(client.text).toMatch(/^-OUTCOMEUNKNOWN [^\r]*\r\n-ERR Protocol error: [^\r]*\r\n$/);
  });

  it('leaves readers of replicas alone', async () => {
    const top = benchTop(([name = '', key = '']) => (name === 'GET' ? bulk(key) : '+OK\r\n'), {
      config: { waitReplicas: 1 },
      role: 'replica',
    });
    await using _ = top;
    const client = top.connect();
    client.send('GET a');
    await client.receives(bulk('a'));
  });
});
