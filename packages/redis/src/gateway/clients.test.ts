import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BenchTop, TestClient } from './test-kit/bench-top.ts';
import { benchTop, bulk, failOver, names, testClient, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

const ok = '+OK\r\n';

const redis: Handler = (args) => {
  switch (args[0]) {
    case 'BLPOP':
      return undefined;
    case 'CLIENT':
      return ':1\r\n';
    case 'SUBSCRIBE':
      return `*3\r\n${bulk('subscribe')}${bulk(String(args[1]))}:1\r\n`;
    case 'GET':
      return bulk(String(args[1]));
    default:
      return ok;
  }
};

const from = (top: BenchTop, port: number, role = 'primary'): TestClient =>
  testClient(top.gateway, role, top.drain.signal, `127.0.0.1:${port}`);

/** What a client was answered to this, alone. */
async function asks(client: TestClient, text: string): Promise<string> {
  const before = client.text.length;
  client.send(text);
  await until(() => client.text.length > before || !client.isOpen);
  await turn();
  return client.text.slice(before);
}

const idsIn = (list: string): number[] => [...list.matchAll(/(?:^|\n)id=(\d+)/g)].map(([, id]) => Number(id));

describe('CLIENT LIST', () => {
  it('has all clients of the door, with their addresses, names and what they do', async () => {
    await using top = benchTop(redis);
    const [asker, named, subscriber] = [from(top, 1), from(top, 2), from(top, 3)];
    await asks(named, 'CLIENT SETNAME worker');
    await asks(subscriber, 'SUBSCRIBE news');
    const list = await asks(asker, 'CLIENT LIST');
    expect(idsIn(list)).toEqual([1, 2, 3]);
    expect(list).toContain('id=2 addr=127.0.0.1:2 laddr=127.0.0.1:6379 name=worker age=0 flags=N db=0 sub=0');
    expect(list).toMatch(/id=3 addr=127\.0\.0\.1:3 .* flags=P db=0 sub=1 /);
    expect(list.match(/cmd=\S+/g)).toEqual(['cmd=client|list', 'cmd=NULL', 'cmd=subscribe']);
    expect(idsIn(await asks(asker, 'CLIENT LIST TYPE pubsub'))).toEqual([3]);
    expect(idsIn(await asks(asker, 'CLIENT LIST ID 3 99 1'))).toEqual([3, 1]);
  });

  it('has nobody who has left, and nobody of another door', async () => {
    await using top = benchTop(redis);
    const [asker, leaver, reader] = [from(top, 1), from(top, 2), from(top, 3, 'replica')];
    leaver.socket.destroy();
    await until(() => top.gateway.counters['clients'] === 2);
    expect(idsIn(await asks(asker, 'CLIENT LIST'))).toEqual([1]);
    expect(idsIn(await asks(reader, 'CLIENT LIST'))).toEqual([3]);
  });

  it('is text of its own kind in RESP3, as CLIENT INFO is', async () => {
    await using top = benchTop(redis);
    const client = from(top, 1);
    await asks(client, 'HELLO 3');
    expect(await asks(client, 'CLIENT LIST')).toMatch(/^=\d+\r\ntxt:id=1 .*\n\r\n$/);
    expect(await asks(client, 'CLIENT INFO')).toMatch(/^=\d+\r\ntxt:id=1 .* cmd=client\|info .*\n\r\n$/);
  });

  it('shows a user of the gateway’s own its own clients, and no stranger', async () => {
    const clients = [
      { username: 'app', password: 'a' },
      { username: 'other', password: 'b' },
    ];
    await using top = benchTop(redis, { config: { clients } });
    const [app, app2, other] = [from(top, 1), from(top, 2), from(top, 3)];
    from(top, 4);
    for (const client of [app, app2]) await asks(client, 'AUTH app a');
    await asks(other, 'AUTH other b');
    expect(idsIn(await asks(app, 'CLIENT LIST'))).toEqual([1, 2]);
    expect(idsIn(await asks(other, 'CLIENT LIST'))).toEqual([3]);
    expect(await asks(other, 'CLIENT KILL ID 1')).toBe(':0\r\n');
    expect(await asks(other, 'CLIENT KILL 127.0.0.1:1')).toBe('-ERR No such client\r\n');
    expect(await asks(other, 'CLIENT UNBLOCK 1')).toBe(':0\r\n');
    expect(app.isOpen).toBe(true);
  });

  it('shows a user of the servers its own clients', async () => {
    await using top = benchTop(redis);
    const [nobody, app] = [from(top, 1), from(top, 2)];
    await asks(app, 'AUTH app a');
    expect(idsIn(await asks(nobody, 'CLIENT LIST'))).toEqual([1]);
    expect(await asks(app, 'CLIENT LIST')).toMatch(/id=2 .* user=app /);
  });
});

describe('CLIENT KILL', () => {
  it.each([
    ['CLIENT KILL 127.0.0.1:2', ok],
    ['CLIENT KILL ID 2', ':1\r\n'],
    ['CLIENT KILL ADDR 127.0.0.1:2', ':1\r\n'],
    ['CLIENT KILL LADDR 127.0.0.1:6379', ':1\r\n'],
    ['CLIENT KILL USER default TYPE normal', ':1\r\n'],
  ])('closes who is meant: %s', async (text, answer) => {
    await using top = benchTop(redis);
    const [asker, other] = [from(top, 1), from(top, 2)];
    await asks(other, 'GET a');
    expect(await asks(asker, text)).toBe(answer);
    await until(() => !other.isOpen);
    expect(idsIn(await asks(asker, 'CLIENT LIST'))).toEqual([1]);
    expect(await asks(asker, 'GET b')).toBe(bulk('b'));
  });

  it('ends who asks for its own end behind the answer', async () => {
    await using top = benchTop(redis);
    const [asker, other] = [from(top, 1), from(top, 2)];
    expect(await asks(asker, 'CLIENT KILL SKIPME no TYPE normal')).toBe(':2\r\n');
    await until(() => !asker.isOpen && !other.isOpen);
  });

  it('says that there is nobody of that address, and counts nobody', async () => {
    await using top = benchTop(redis);
    const client = from(top, 1);
    expect(await asks(client, 'CLIENT KILL 127.0.0.1:9')).toBe('-ERR No such client\r\n');
    expect(await asks(client, 'CLIENT KILL ID 9')).toBe(':0\r\n');
    expect(await asks(client, 'CLIENT KILL MAXAGE 10')).toBe(':0\r\n');
  });

  it('reaches nobody from inside a transaction, which breaks', async () => {
    await using top = benchTop(redis);
    const [asker, other] = [from(top, 1), from(top, 2)];
    asker.send('MULTI', 'CLIENT KILL ID 2', 'EXEC');
    await until(() => asker.text.includes('EXECABORT'));
    expect(asker.text).toMatch(
      /^\+OK\r\n-ERR CLIENT is refused by failover: not inside MULTI\r\n-EXECABORT /,
    );
    expect(other.isOpen).toBe(true);
  });

  it('leaves others on the same connection what is theirs', async () => {
    await using top = benchTop((args, connection) =>
      args[0] === 'GET' ? undefined : redis(args, connection),
    );
    const [asker, other, third] = [from(top, 1), from(top, 2), from(top, 3)];
    other.send('GET b');
    third.send('GET c');
    await until(() => top.a.received.length === 2);
    expect(await asks(asker, 'CLIENT KILL ID 2')).toBe(':1\r\n');
    top.a.connections[0]?.write(bulk('b') + bulk('c'));
    await third.receives(bulk('c'));
    expect(other.isOpen).toBe(false);
  });
});

describe('CLIENT UNBLOCK', () => {
  it('is asked at the server, by the number that the client has there', async () => {
    await using top = benchTop(redis);
    const [asker, waiting] = [from(top, 1), from(top, 2)];
    await asks(asker, 'GET a');
    waiting.send('BLPOP list 0');
    await until(() => top.a.received.length === 2);
    expect(await asks(asker, 'CLIENT LIST ID 2')).toContain(' flags=b ');
    expect(await asks(asker, 'CLIENT UNBLOCK 2 ERROR')).toBe(':1\r\n');
    expect(names(top, 'a')).toEqual(['GET a', 'BLPOP list 0', 'CLIENT UNBLOCK 2 ERROR']);
    top.a.connections[1]?.write('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    await waiting.receives('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
  });

  it('is 0 for who waits for nothing, and for nobody', async () => {
    await using top = benchTop(redis);
    const asker = from(top, 1);
    from(top, 2);
    expect(await asks(asker, 'CLIENT UNBLOCK 1')).toBe(':0\r\n');
    expect(await asks(asker, 'CLIENT UNBLOCK 2')).toBe(':0\r\n');
    expect(await asks(asker, 'CLIENT UNBLOCK 3 ERROR')).toBe(':0\r\n');
    expect(top.a.received).toEqual([]);
  });

  it('never reaches whoever has that number at the next server', async () => {
    await using top = benchTop(redis);
    const [asker, waiting] = [from(top, 1), from(top, 2)];
    waiting.send('BLPOP list 0');
    await until(() => top.a.received.length === 1);
    top.cluster.doubt();
    asker.send('CLIENT UNBLOCK 2');
    await until(() => top.cluster.held === 1);
    await failOver(top);
    await asker.receives(':0\r\n');
    expect(top.b.received).toEqual([]);
  });
});
