import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BenchTop, TestClient } from './test-kit/bench-top.ts';
import { benchTop, bulk, command, until } from './test-kit/bench-top.ts';
import type { Handler, ScriptedConnection } from './test-kit/scripted-server.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
/** What a socket gives at once. */
const chunk = Buffer.alloc(64 * KiB, 'x');
const get = command('GET', 'a');
const pipeline = Buffer.from(get.repeat(Math.floor(chunk.length / get.length)));
const setOf = (bytes: number): string => `*3\r\n$3\r\nSET\r\n$1\r\na\r\n$${bytes}\r\n`;
const message = (text: string): string => `*3\r\n${bulk('message')}${bulk('c')}${bulk(text)}`;

const redis: Handler = (args) => {
  switch (args[0]) {
    case 'GET':
      return bulk(args[1] === 'large' ? 'x'.repeat(10 * KiB) : String(args[1]));
    case 'SUBSCRIBE':
      return `*3\r\n${bulk('subscribe')}${bulk(String(args[1]))}:1\r\n`;
    default:
      return '+OK\r\n';
  }
};

const nobody = { received: [], write: () => undefined, close: () => undefined, isOpen: true };

/** Another client, whose commands go over the one connection that all share, or a second one meanwhile. */
async function neighbour(top: BenchTop): Promise<{ isAnswered(connections?: number): Promise<void> }> {
  const client = top.connect();
  let expected = '';
  const isAnswered = async (connections = 1): Promise<void> => {
    client.send('GET mine');
    await client.receives((expected += bulk('mine')));
    expect(top.gateway.counters['sharedUpstreams']).toBe(connections);
  };
  await isAnswered();
  return { isAnswered };
}

/** The connections to the first server from now on, and what each of them carried, handshake and all. */
function watchServer(top: BenchTop): { readonly sockets: Duplex[]; readonly bytes: number[] } {
  const sockets: Duplex[] = [];
  const bytes: number[] = [];
  const accept = top.a.accept.bind(top.a);
  top.a.accept = (socket) => {
    const at = sockets.push(socket) - 1;
    bytes.push(0);
    accept(socket);
    socket.on('data', (arrived: Buffer) => {
      bytes[at] = (bytes[at] ?? 0) + arrived.length;
    });
  };
  return { sockets, bytes };
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await turn();
}

/** Sends `bytes` up to `times`, for as long as they are read. Returns how many bytes were read. */
async function sendOn(client: TestClient, bytes: Buffer, times: number): Promise<number> {
  let sent = 0;
  for (let left = times; left > 0 && !client.socket.writableNeedDrain; left -= 1) {
    client.write(bytes);
    sent += bytes.length;
    await turns(4);
  }
  return sent - client.socket.writableLength;
}

async function subscribed(top: BenchTop): Promise<TestClient> {
  const client = top.connect();
  client.send('SUBSCRIBE c');
  await until(() => client.text.startsWith('*3'));
  return client;
}

describe('a client that never reads', () => {
  it('is read no further, however many commands it sends, and goes on once it reads', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    client.socket.pause();
    const taken = await sendOn(client, pipeline, Math.ceil(1_000_000 / (pipeline.length / get.length)));
    expect(taken).toBeLessThan(4 * chunk.length);
    await other.isAnswered();
    const sent = taken + client.socket.writableLength;
    client.socket.resume();
    await until(() => client.text.length === (sent / get.length) * bulk('a').length);
    await other.isAnswered();
  });

  it('is closed once 8 MiB of replies are unread that others wait behind', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    client.socket.pause();
    await turn();
    client.send(...Array.from({ length: 900 }, () => 'GET large'));
    await other.isAnswered();
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 1, closedSlow: 1 });
    await other.isAnswered();
  });

  it('is closed once 8 MiB of messages are unread, and who reads gets every one of them', async () => {
    await using top = benchTop(redis);
    const server = watchServer(top);
    const other = await neighbour(top);
    const [slow, fast] = [await subscribed(top), await subscribed(top)];
    slow.socket.pause();
    let heard = fast.text.length;
    for (let sent = 0; sent < 16 * MiB; sent += MiB) {
      const published = message('x'.repeat(MiB));
      for (const socket of server.sockets.slice(1)) if (!socket.destroyed) socket.write(published);
      heard += published.length;
      await until(() => fast.text.length === heard);
    }
    expect([slow.isOpen, fast.isOpen]).toEqual([false, true]);
    expect(top.gateway.counters).toMatchObject({ closedSlow: 1, pinnedUpstreams: 1 });
    await other.isAnswered();
  });

  it('is not kept a message for that is larger than what may be unread', async () => {
    await using top = benchTop(redis);
    const server = watchServer(top);
    const other = await neighbour(top);
    const client = await subscribed(top);
    server.sockets[1]?.write(`*3\r\n${bulk('message')}${bulk('c')}$${512 * MiB}\r\nx`);
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ cutReplies: 1, pinnedUpstreams: 0 });
    expect(top.cluster.reports).toEqual([]);
    await other.isAnswered();
  });
});

const hugeBytes = 64 * MiB;
const huge = `$${hugeBytes}\r\n`;
const hugeReply = huge.length + hugeBytes + 2;
/** Of one client: a quarter of what may be unread, what was kept until it was known to be large, and one read. */
const maxKeptBytes = 4 * MiB;

/** Answers GET huge when the test says so, and what comes behind it only then, as a server does. */
function hugeServer(): {
  readonly handler: Handler;
  answer(connection: ScriptedConnection | undefined): void;
} {
  const owed = new Map<ScriptedConnection, string[]>();
  return {
    handler(args, connection) {
      const behind = owed.get(connection);
      if (behind === undefined && args[1] !== 'huge') return redis(args, connection);
      if (behind === undefined) owed.set(connection, []);
      else behind.push(redis(args, connection) ?? '');
      return undefined;
    },
    answer(connection) {
      if (connection === undefined) throw new Error('no connection');
      connection.write(huge);
      for (let sent = 0; sent < hugeBytes; sent += chunk.length) connection.write(chunk);
      connection.write(`\r\n${owed.get(connection)?.join('') ?? ''}`);
      owed.delete(connection);
    },
  };
}

/** Some at a time, until it has `bytes`. `maxKept`: bytes that neither the server nor the client had. */
async function readSlowly(
  client: TestClient,
  server: Duplex | undefined,
  bytes: number,
): Promise<{ readonly maxKept: number }> {
  let maxKept = 0;
  while (client.text.length < bytes && client.isOpen) {
    client.socket.once('data', () => client.socket.pause());
    client.socket.resume();
    await turns(2);
    if (server !== undefined && !server.destroyed)
      maxKept = Math.max(maxKept, hugeReply - server.writableLength - client.text.length);
  }
  return { maxKept };
}

/** A client that has asked for a string of 64 MiB and reads little of it, on a connection that others use too. */
async function slowReader(top: BenchTop, ...behind: readonly string[]) {
  const server = watchServer(top);
  const other = await neighbour(top);
  const client = top.connect();
  client.socket.pause();
  client.send('GET huge', ...behind);
  await until(() => top.a.received.length === 2 + behind.length);
  const [socket] = server.sockets;
  const [connection] = top.a.connections;
  return { client, other, server, socket, connection };
}

describe('a client that reads slowly', () => {
  it('gets a string of 64 MiB, of which no more than 4 MiB are ever kept, and others are answered meanwhile', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const { client, other, socket, connection } = await slowReader(top);
    answer(connection);
    const early = await readSlowly(client, socket, 8 * MiB);
    await other.isAnswered(2);
    expect(client.text.length).toBeLessThan(16 * MiB);
    const late = await readSlowly(client, socket, hugeReply);
    expect(Math.max(early.maxKept, late.maxKept)).toBeLessThan(maxKeptBytes);
    expect(top.gateway.counters).toMatchObject({ closedSlow: 0, cutReplies: 0, sharedUpstreams: 1 });
    await other.isAnswered();
    client.socket.resume();
    client.send('GET a');
    await until(() => client.text.endsWith(`x\r\n${bulk('a')}`));
  });

  it('gets all replies of a long pipeline', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.socket.pause();
    client.send(...Array.from({ length: 900 }, () => 'GET large'));
    await until(() => top.a.received.length === 900);
    await readSlowly(client, undefined, 900 * bulk('x'.repeat(10 * KiB)).length);
    expect(top.gateway.counters).toMatchObject({ clients: 1, closedSlow: 0 });
  });

  it('on a connection of its own has all of it wait', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const server = watchServer(top);
    const other = await neighbour(top);
    const client = top.connect();
    client.socket.pause();
    client.send('WATCH a', 'GET huge');
    await until(() => top.a.received.length === 3);
    answer(top.a.connections[1]);
    const { maxKept } = await readSlowly(client, server.sockets[1], '+OK\r\n'.length + hugeReply);
    expect(maxKept).toBeLessThan(maxKeptBytes);
    expect(top.gateway.counters).toMatchObject({ closedSlow: 0, pinnedUpstreams: 1 });
    await other.isAnswered();
  });

  it('is asked for apart where others wait behind it, and they are answered', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const { client, other, server, connection } = await slowReader(top);
    const answered = other.isAnswered();
    await until(() => top.a.received.length === 3);
    answer(connection);
    await answered;
    expect(client.text).toBe('');
    await until(() => top.a.received.length === 4);
    answer(top.a.connections[1]);
    const { maxKept } = await readSlowly(client, server.sockets[1], hugeReply);
    expect(maxKept).toBeLessThan(maxKeptBytes);
    expect(top.gateway.counters).toMatchObject({ closedSlow: 0, cutReplies: 0, pinnedUpstreams: 1 });
    await other.isAnswered();
  });

  it('takes the connection with it when it goes in the middle, and nobody thinks ill of the server', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const { client, other, socket, connection } = await slowReader(top);
    answer(connection);
    await readSlowly(client, socket, 8 * MiB);
    client.socket.destroy();
    await until(() => socket?.destroyed === true);
    await other.isAnswered();
    expect(top.cluster.reports).toEqual([]);
    expect(top.gateway.counters).toMatchObject({ clients: 1, closedSlow: 0, cutReplies: 0 });
  });

  it('has what it sent behind it executed, also when it goes in the middle', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const { client, other, socket, connection } = await slowReader(top, 'GET a');
    answer(connection);
    await readSlowly(client, socket, 8 * MiB);
    const left = socket?.writableLength;
    client.socket.destroy();
    await until(() => socket?.destroyed === true);
    expect(left).toBeGreaterThan(32 * MiB);
    expect(socket?.writableLength).toBe(0);
    await other.isAnswered();
    expect(top.cluster.reports).toEqual([]);
  });

  it('is closed by a failover in the middle, since what it has of the reply is cut', async () => {
    const { handler, answer } = hugeServer();
    await using top = benchTop(handler);
    const { client, other, socket, connection } = await slowReader(top);
    answer(connection);
    await readSlowly(client, socket, 8 * MiB);
    top.cluster.fence();
    top.cluster.grant(top.second);
    client.socket.resume();
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 1, cutReplies: 1 });
    await other.isAnswered();
  });
});

describe('a client that sends a byte a second', () => {
  it('has no connection to a server and no timer, and is answered in the end', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const clients = Array.from({ length: 50 }, () => top.connect());
    const whole = command('EVAL', 'a', '0');
    for (const byte of whole.slice(0, -1)) {
      for (const client of clients) client.write(byte);
      await other.isAnswered();
    }
    expect(timers()).toBeLessThan(before + clients.length);
    expect(top.gateway.counters).toMatchObject({ sharedUpstreams: 1, pinnedUpstreams: 0 });
    expect(top.a.received.every((args) => args[0] === 'GET')).toBe(true);
    for (const client of clients) client.write(whole.slice(-1));
    await Promise.all(clients.map((client) => client.receives('+OK\r\n')));
  });

  it('has no more of a command kept for it than 1 MiB: the rest goes on as it comes', async () => {
    await using top = benchTop(redis);
    const server = watchServer(top);
    const other = await neighbour(top);
    const client = top.connect();
    const argument = Buffer.from(bulk('x'.repeat(1000)));
    const atOnce = 60;
    client.write('*1000000\r\n');
    let sent = '*1000000\r\n'.length;
    const more = async (): Promise<void> => {
      client.write(Buffer.concat(Array.from({ length: atOnce }, () => argument)));
      sent += atOnce * argument.length;
      await turns(4);
      await other.isAnswered();
    };
    while (sent + atOnce * argument.length <= MiB) await more();
    expect(server.bytes).toHaveLength(1);
    await more();
    await more();
    await until(() => (server.bytes[1] ?? 0) >= sent);
  });

  it('is told when its line is too long', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    for (let sent = 0; sent <= 64 * KiB; sent += KiB) {
      expect(client.text).toBe('');
      client.write('x'.repeat(KiB));
      await turn();
      await other.isAnswered();
    }
    await client.receives('-ERR Protocol error: too big inline request\r\n');
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 1, pinnedUpstreams: 0, protocolErrors: 1 });
  });
});

describe('a client that announces much', () => {
  it.each([
    ['a string of 2 GB', setOf(2 ** 31), 'invalid bulk length'],
    ['1,048,577 arguments', '*1048577\r\n$3\r\n', 'invalid multibulk length'],
    ['a number without end', `*${'1'.repeat(100)}`, 'invalid multibulk length'],
    ['what is no number to Redis', '*1\r\n$04\r\nPING\r\n', 'invalid bulk length'],
    ['no number at all', '*-\r\n', 'invalid multibulk length'],
    ['a string of 2 GB behind a large one', `${setOf(2 * MiB)}${'x'.repeat(2 * MiB)}\r\n`, undefined],
  ])('%s is told what Redis says, after its other replies, and closed', async (_title, bytes, problem) => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    client.write(get + (problem === undefined ? bytes.replace('*3', '*4') : bytes));
    if (problem === undefined) {
      await until(() => top.gateway.counters['pinnedUpstreams'] === 1);
      client.write(`$${2 ** 31}\r\n`);
    }
    await client.receives(`${bulk('a')}-ERR Protocol error: ${problem ?? 'invalid bulk length'}\r\n`);
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 1, pinnedUpstreams: 0, protocolErrors: 1 });
    await other.isAnswered();
  });

  it('and never ends its side after a protocol error is closed', async () => {
    await using top = benchTop(redis);
    const client = top.connect();
    client.write('*-\r\n');
    client.socket.pause();
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 0, protocolErrors: 1 });
  });

  it('of channels is refused, since they could not be made again after a failover', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    const name = 'c'.repeat(MiB);
    const whole = command('SUBSCRIBE', name) + get;
    client.write(whole.slice(0, MiB));
    await turns(2);
    client.write(whole.slice(MiB));
    await until(() => client.text.endsWith(bulk('a')));
    expect(client.text).toMatch(/^-ERR SUBSCRIBE above 1 MiB is refused by failover: .*\r\n\$1/);
    expect(top.gateway.counters['pinnedUpstreams']).toBe(0);
    await other.isAnswered();
  });

  it('in many small strings is answered, however they add up', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    const whole = Buffer.from(command('MSET', ...Array.from({ length: 3000 }, () => 'x'.repeat(1000))));
    for (let from = 0; from < whole.length; from += chunk.length) {
      client.write(whole.subarray(from, from + chunk.length));
      await turn();
    }
    await client.receives('+OK\r\n');
    await other.isAnswered();
  });

  it('has its 512 MB passed on a byte at a time, over a connection of its own', async () => {
    await using top = benchTop(redis);
    const server = watchServer(top);
    const other = await neighbour(top);
    const client = top.connect();
    client.write(setOf(512 * MiB));
    await until(() => top.gateway.counters['pinnedUpstreams'] === 1);
    await turns(4);
    const begun = server.bytes[1] ?? 0;
    for (let sent = 1; sent <= 50; sent += 1) {
      client.write('x');
      await other.isAnswered();
      expect(server.bytes[1]).toBe(begun + sent);
    }
    expect(top.gateway.counters['pinnedUpstreams']).toBe(1);
  });

  it('is read no further while the server does not take it', async () => {
    await using top = benchTop(redis);
    const server = watchServer(top);
    const other = await neighbour(top);
    const client = top.connect();
    client.write(setOf(512 * MiB));
    await until(() => top.gateway.counters['pinnedUpstreams'] === 1);
    await turns(4);
    server.sockets[1]?.pause();
    expect(await sendOn(client, chunk, 100)).toBeLessThanOrEqual(4 * chunk.length);
    await other.isAnswered();
    server.sockets[1]?.resume();
    await until(() => client.socket.writableLength === 0);
    expect(await sendOn(client, chunk, 20)).toBeGreaterThan(15 * chunk.length);
  });

  it('loses its connection when it sends no more of it, and learns that nothing was executed', async () => {
    await using top = benchTop(redis, { limits: { pinnedIdleMs: 5 } });
    const other = await neighbour(top);
    const client = top.connect();
    client.write(setOf(512 * MiB));
    await until(() => top.gateway.counters['pinnedUpstreams'] === 1);
    await until(() => top.gateway.counters['pinnedUpstreams'] === 0);
    await until(() => client.text.startsWith('-TRYAGAIN failover: not executed'));
    await other.isAnswered();
  });
});

describe('a client that hides a command in its bytes', () => {
  it('gets the answer to it itself, where empty commands stand before one that comes in two pieces', async () => {
    await using top = benchTop((args) => (args[0] === 'X' ? '-ERR not yours\r\n' : redis(args, nobody)));
    const other = await neighbour(top);
    const client = top.connect();
    client.write('*0\r\n*3\r\n$3\r\nSET\r\n$2\r\n$7\r\n');
    await turns(2);
    client.write('$0\r\n\r\nX\r\n');
    await other.isAnswered();
    await client.receives('+OK\r\n-ERR not yours\r\n');
    await other.isAnswered();
  });
});

describe('a client that has a server close the connection', () => {
  it.each([
    ['a page in a browser', 'POST / HTTP/1.1\r\nHost: a\r\n\r\nSET a 1\r\n'],
    ['a header alone', 'host: a\r\n'],
    ['the word in quotes', '"PO\\x53T" /\r\n'],
    ['an array', command('post', '/')],
    ['a NUL behind the word', command('POST\0x', '/')],
    ['a transaction', `${command('MULTI')}Host: a\r\n`],
    ['what is too large to wait for', `*2\r\n$4\r\nPOST\r\n$${2 * MiB}\r\n`],
    ['a name that is too large to wait for', `*1\r\n$${2 * MiB}\r\nPOST\0${'x'.repeat(100)}`],
  ])('by HTTP is told so and closed, and no server hears of it: %s', async (_title, bytes) => {
    await using top = benchTop((args) =>
      /^(?:post|host:)/i.test(args[0] ?? '') ? undefined : redis(args, nobody),
    );
    const other = await neighbour(top);
    const client = top.connect();
    for (const byte of get + bytes) client.write(byte);
    const before = bytes.includes('MULTI') ? `${bulk('a')}+OK\r\n` : bulk('a');
    await client.receives(`${before}-ERR Protocol error: this is not HTTP\r\n`);
    await until(() => !client.isOpen);
    expect(top.gateway.counters).toMatchObject({ clients: 1, pinnedUpstreams: 0, protocolErrors: 1 });
    expect(top.a.received.filter(([name]) => name !== 'GET' && name !== 'MULTI')).toEqual([]);
    expect(top.cluster.reports).toEqual([]);
    await other.isAnswered();
  });
});

describe('a client whose script says what a server says that is no primary', () => {
  const script =
    (error: string): Handler =>
    (args) =>
      args[0] === 'EVAL' ? `-${error}\r\n` : redis(args, nobody);

  it.each(['READONLY account', 'LOADING the cache', 'TRYAGAIN later', 'MOVED 1 127.0.0.1:1'])(
    'hears it, once, and nobody thinks ill of the server: %s',
    async (error) => {
      await using top = benchTop(script(error));
      const other = await neighbour(top);
      const client = top.connect();
      client.send('EVAL a 0', 'GET a');
      await client.receives(`-${error}\r\n${bulk('a')}`);
      expect(top.a.received.filter(([name]) => name === 'EVAL')).toHaveLength(1);
      expect(top.cluster.reports).toEqual([]);
      await other.isAnswered();
    },
  );

  it('waits on where the server says it itself', async () => {
    const told = "READONLY You can't write against a read only replica. script: 0, on @user_script:1.";
    await using top = benchTop(script(told));
    const client = top.connect();
    client.send('EVAL a 0');
    await until(() => top.cluster.reports.length > 0);
    expect(top.cluster.reports[0]).toMatchObject({ reply: { code: 'READONLY', text: told } });
    expect(client.text).toBe('');
  });
});

describe('a client whose script answers deeper than lists are read', () => {
  it.each(['EVAL', 'EVAL_RO'])('hears so, once, and nobody thinks ill of the server: %s', async (name) => {
    await using top = benchTop((args) =>
      args[0] === name ? `${'*1\r\n'.repeat(200)}:1\r\n` : redis(args, nobody),
    );
    const other = await neighbour(top);
    const client = top.connect();
    client.send(`${name} a 0`);
    const answer = '-ERR failover: executed, but the answer cannot be read here: reply deeper than 128\r\n';
    await client.receives(answer);
    client.send('GET a');
    await client.receives(answer + bulk('a'));
    expect(top.a.received.filter(([each]) => each === name)).toHaveLength(1);
    expect(top.cluster.reports).toEqual([]);
    await other.isAnswered();
  });

  it('is told that what it sent behind it is unknown', async () => {
    await using top = benchTop((args) => (args[0] === 'EVAL' ? undefined : redis(args, nobody)));
    const client = top.connect();
    client.send('EVAL a 0', 'EVAL b 0');
    await until(() => top.a.received.length === 2);
    top.a.connections[0]?.write('*1\r\n'.repeat(200));
    await client.receives(
      '-ERR failover: executed, but the answer cannot be read here: reply deeper than 128\r\n' +
        `-OUTCOMEUNKNOWN server=${top.first} epoch=0.1 sent, and no reply came: it may or may not have been executed (reply deeper than 128)\r\n`,
    );
    expect(top.cluster.reports).toEqual([]);
  });

  it('is another thing than a server that sends what no server sends, and which is doubted', async () => {
    await using top = benchTop(() => '*1\r\n?');
    const client = top.connect();
    client.send('EVAL a 0');
    await until(() => top.cluster.reports.length > 0);
    expect(top.cluster.reports[0]).toMatchObject({
      type: 'failed',
      reason: 'protocol violation: unknown type, byte 63',
    });
  });
});

describe('a client that pipelines without end', () => {
  it('has no more than 1,000 commands, and those of one read, in front of another', async () => {
    const owed: string[] = [];
    let isSlow = false;
    await using top = benchTop((args, connection) => {
      const reply = redis(args, connection) ?? '';
      if (!isSlow) return reply;
      owed.push(reply);
      return undefined;
    });
    const other = await neighbour(top);
    isSlow = true;
    const client = top.connect();
    await sendOn(client, pipeline, 300);
    const answered = other.isAnswered();
    await until(() => top.a.received.at(-1)?.[1] === 'mine');
    expect(top.a.received.length).toBeLessThan(1000 + pipeline.length / get.length + 10);
    isSlow = false;
    top.a.connections[0]?.write(owed.join(''));
    await answered;
    await until(() => client.socket.writableLength === 0);
  });

  it('is slowed by its own replies alone', async () => {
    await using top = benchTop(redis);
    const other = await neighbour(top);
    const client = top.connect();
    const times = 10;
    for (let sent = 0; sent < times; sent += 1) {
      client.write(pipeline);
      await other.isAnswered();
    }
    const count = (times * pipeline.length) / get.length;
    await until(() => client.text.length === count * bulk('a').length);
  });
});
