import { describe, expect, it } from 'vitest';
import type { TestClient } from './test-kit/bench-top.ts';
import { benchTop, bulk, command, failOver, names, until } from './test-kit/bench-top.ts';
import type { Handler } from './test-kit/scripted-server.ts';

const noAuth = '-NOAUTH Authentication required.\r\n';
const noAuthHello =
  '-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time\r\n';
const wrongPass = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
const ok = '+OK\r\n';

/** Also of the handshakes, which the server itself does not keep. */
function server(): { readonly handler: Handler; readonly auths: string[] } {
  const auths: string[] = [];
  return {
    auths,
    handler(args) {
      if (args[0] === 'AUTH') auths.push(args.slice(1).join(' '));
      return args[0] === 'GET' ? bulk(String(args[1])) : ok;
    },
  };
}

const clients = [{ username: 'app', password: 'hunter2' }, { password: 'letmein' }];
const config = { clients, username: 'behind', password: 'upstream' };
const plain: Handler = server().handler;

/** Sends the commands, and fails unless exactly this comes. */
async function hears(client: TestClient, before: string, text: string, ...sent: string[]): Promise<string> {
  client.send(...sent);
  await client.receives(before + text);
  expect(client.text).toBe(before + text);
  return before + text;
}

describe('a gateway with users of its own', () => {
  it('answers a stranger NOAUTH, whatever it asks, and no server hears of it', async () => {
    await using top = benchTop(plain, { config });
    const asked = [
      'GET a',
      'SET a 1',
      'PING',
      'MULTI',
      'SUBSCRIBE a b',
      'BLPOP a 0',
      'SELECT 1',
      'CLIENT ID',
      'CLIENT REPLY OFF',
      'SHUTDOWN',
      'MONITOR',
      'CONFIG GET requirepass',
      'nobody.knows this',
    ];
    await hears(top.connect(), '', noAuth.repeat(asked.length), ...asked);
    expect(top.a.connections).toHaveLength(0);
  });

  it('answers a whole pipeline of a stranger, one NOAUTH for each command', async () => {
    await using top = benchTop(plain, { config });
    await hears(
      top.connect(),
      '',
      noAuth.repeat(500),
      ...Array.from({ length: 500 }, (_, at) => `GET ${at}`),
    );
  });

  it('answers a stranger at once also while there is no server', async () => {
    await using top = benchTop(plain, { config });
    top.cluster.fence();
    await hears(top.connect(), '', noAuth + wrongPass + ok, 'GET a', 'AUTH app x', 'AUTH app hunter2');
    expect(top.cluster.held).toBe(0);
  });

  it('speaks to the servers as the configured user, whoever logs in', async () => {
    const { auths, handler } = server();
    await using top = benchTop(handler, { config });
    await hears(top.connect(), '', ok + bulk('a'), 'AUTH app hunter2', 'GET a');
    await hears(top.connect(), '', ok + bulk('b'), 'AUTH letmein', 'GET b');
    expect(names(top, 'a')).toEqual(['GET a', 'GET b']);
    expect(top.a.connections).toHaveLength(1);
    expect(auths).toEqual(['behind upstream']);
  });

  it.each([
    ['a wrong password', 'AUTH app hunter3'],
    ['nobody whom it knows', 'AUTH nobody hunter2'],
    ['the password of another', 'AUTH app letmein'],
    ['the servers’ own user', 'AUTH behind upstream'],
    ['a part of a password', 'AUTH app hunter'],
    ['a wrong password in HELLO', 'HELLO 3 AUTH app hunter3'],
  ])('answers %s with WRONGPASS, and knows no more than before', async (_title, login) => {
    const { auths, handler } = server();
    await using top = benchTop(handler, { config });
    await hears(top.connect(), '', wrongPass + noAuth, login, 'GET a');
    expect(auths).toEqual([]);
  });

  it('has no default user unless one is written', async () => {
    await using top = benchTop(plain, { config: { clients: [{ username: 'app', password: 'hunter2' }] } });
    await hears(top.connect(), '', wrongPass + ok, 'AUTH hunter2', 'AUTH app hunter2');
  });

  it('takes a login within HELLO, and refuses a greeting without one in Redis’ own words', async () => {
    await using top = benchTop(plain, { config });
    const client = top.connect();
    const heard = await hears(client, '', noAuthHello + noAuthHello, 'HELLO', 'HELLO 3');
    client.send('HELLO 3 AUTH app hunter2 SETNAME me', 'GET a', 'CLIENT GETNAME');
    await until(() => client.text.endsWith(`${bulk('a')}${bulk('me')}`));
    expect(client.text.slice(heard.length)).toMatch(/^%7\r\n\$6\r\nserver\r\n/);
    const before = client.text;
    client.send('HELLO 2');
    await until(() => client.text.length > before.length);
    expect(client.text.slice(before.length)).toMatch(/^\*14\r\n/);
  });

  it('keeps who is logged in when a second login fails, and changes the user here alone', async () => {
    const { auths, handler } = server();
    await using top = benchTop(handler, { config });
    const client = top.connect();
    client.send('AUTH app hunter2', 'AUTH letmeout', 'CLIENT INFO', 'GET a', 'AUTH letmein', 'CLIENT INFO');
    client.send('GET b');
    await until(() => client.text.endsWith(bulk('b')));
    expect(client.text.match(/user=\S+|WRONGPASS/g)).toEqual(['WRONGPASS', 'user=app', 'user=default']);
    expect(top.a.connections).toHaveLength(1);
    expect(auths).toEqual(['behind upstream']);
  });

  it('logs out with RESET, also what was pipelined behind it', async () => {
    await using top = benchTop(plain, { config });
    const client = top.connect();
    const heard = await hears(
      client,
      '',
      `${ok}${bulk('a')}+RESET\r\n${noAuth}${noAuth}`,
      'AUTH app hunter2',
      'GET a',
      'RESET',
      'GET b',
      'SHUTDOWN',
    );
    await hears(
      client,
      heard,
      noAuth + noAuthHello + ok + bulk('c'),
      'GET c',
      'HELLO 3',
      'AUTH letmein',
      'GET c',
    );
    expect(names(top, 'a')).toEqual(['GET a', 'GET c']);
  });

  it('drops a subscription with the login', async () => {
    await using top = benchTop(
      (args) => (args[0] === 'SUBSCRIBE' ? `*3\r\n${bulk('subscribe')}${bulk('c')}:1\r\n` : ok),
      { config },
    );
    const client = top.connect();
    const heard = await hears(
      client,
      '',
      `${ok}*3\r\n${bulk('subscribe')}${bulk('c')}:1\r\n+RESET\r\n`,
      'AUTH letmein',
      'SUBSCRIBE c',
      'RESET',
    );
    expect(top.gateway.counters['pinnedUpstreams']).toBe(0);
    await failOver(top);
    await hears(client, heard, noAuth, 'PING');
    expect(top.b.connections).toHaveLength(0);
  });

  it('keeps a client logged in through a failover, and asks it nothing', async () => {
    const { auths, handler } = server();
    await using top = benchTop(handler, { config });
    const client = top.connect();
    const heard = await hears(client, '', ok + bulk('a'), 'AUTH app hunter2', 'GET a');
    await failOver(top);
    await hears(client, heard, bulk('b'), 'GET b');
    expect(auths).toEqual(['behind upstream', 'behind upstream']);
  });

  it('lets a stranger go', async () => {
    await using top = benchTop(plain, { config });
    const client = top.connect();
    client.send('QUIT', 'GET a');
    await until(() => !client.isOpen || client.text === ok);
    expect(client.text).toBe(ok);
  });

  it('answers the large command of a stranger once, and reads on', async () => {
    await using top = benchTop(plain, { config, limits: { maxWholeBytes: 1000 } });
    const client = top.connect();
    client.write(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5000\r\n${'x'.repeat(2000)}`);
    await client.receives(noAuth);
    client.write(`${'x'.repeat(3000)}\r\n`);
    await hears(client, noAuth, ok, 'AUTH letmein');
    expect(top.a.connections).toHaveLength(0);
  });

  it('is to a stranger a Sentinel that requires a password too', async () => {
    await using top = benchTop(plain, { config });
    const client = top.connect();
    const heard = await hears(client, '', noAuth, 'SENTINEL get-master-addr-by-name redis');
    const address = command('127.0.0.1', '6379');
    await hears(client, heard, ok + address, 'AUTH letmein', 'SENTINEL get-master-addr-by-name redis');
  });

  it('asks for a login on a listener for replicas too, before it says what is read-only there', async () => {
    await using top = benchTop(plain, { config, role: 'replica' });
    const readOnly = "-READONLY You can't write against a read only replica.\r\n";
    const sent = ['SET a 1', 'AUTH letmein', 'SET a 1', 'GET a'];
    await hears(top.connect(), '', noAuth + ok + readOnly + bulk('a'), ...sent);
  });

  it('has no password in what it tells of itself or of its clients', async () => {
    await using top = benchTop(plain, { config });
    const client = top.connect();
    client.send('AUTH app hunter3', 'HELLO 2 AUTH app hunter2', 'AUTH letmein', 'CLIENT LIST', 'ECHO end');
    await until(() => client.text.includes('cmd=client|list') && client.text.endsWith(ok));
    const told = JSON.stringify([top.gateway.counters, top.cluster.topology, top.cluster.reports]);
    expect(told + client.text).not.toMatch(/hunter|letme|upstream"|"upstream/);
  });
});
