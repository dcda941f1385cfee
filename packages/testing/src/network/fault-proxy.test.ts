import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts';

interface Peer {
  readonly socket: Socket;
  text: string;
  received: number;
  hasEnded: boolean;
  error: string | undefined;
  isClosed: boolean;
}

function watch(socket: Socket): Peer {
  const peer: Peer = { socket, text: '', received: 0, hasEnded: false, error: undefined, isClosed: false };
  socket.on('data', (bytes: Buffer) => {
    peer.received += bytes.length;
    if (peer.text.length < 1_000) peer.text += bytes.toString();
  });
  socket.on('end', () => (peer.hasEnded = true));
  socket.on('error', (error: NodeJS.ErrnoException) => (peer.error = error.code));
  socket.on('close', () => (peer.isClosed = true));
  return peer;
}

const until = <T>(condition: () => T): Promise<T> => vi.waitFor(condition, { interval: 3, timeout: 15_000 });

let server: Server;
let accepted: Peer[] = [];
let clients: Peer[] = [];
let proxies: FaultProxy[] = [];

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(watch(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  for (const peer of [...clients, ...accepted]) peer.socket.destroy();
  server.close();
  accepted = [];
  clients = [];
  proxies = [];
});

async function start(options: Partial<FaultProxyOptions> = {}): Promise<FaultProxy> {
  const proxy = await startFaultProxy({
    target: { port: (server.address() as { port: number }).port },
    ...options,
  });
  proxies.push(proxy);
  return proxy;
}

function dial(proxy: FaultProxy): Peer {
  const peer = watch(connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true, noDelay: true }));
  clients.push(peer);
  return peer;
}

/** A client and the server's end of it, both proved to work. */
async function pair(proxy: FaultProxy): Promise<{ client: Peer; remote: Peer }> {
  const before = accepted.length;
  const client = dial(proxy);
  client.socket.write('hello ');
  const remote = await until(() => {
    const found = accepted.slice(before).find((peer) => peer.text === 'hello ');
    expect(found).toBeDefined();
    return found as Peer;
  });
  remote.socket.write('welcome ');
  await until(() => expect(client.text).toBe('welcome '));
  return { client, remote };
}

/** Node reports a reset that arrives together with bytes as an end. */
const isCut = (peer: Peer): boolean => peer.error === 'ECONNRESET' || peer.hasEnded;

/** What has been sent had its time: a message went both ways on another connection. */
async function roundTrip(proxy: FaultProxy): Promise<void> {
  await pair(proxy);
}

describe('fault proxy', () => {
  it('passes bytes both ways, and the end of each direction by itself', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    client.socket.end('last question');
    await until(() => expect(remote.hasEnded).toBe(true));
    expect(remote.text).toBe('hello last question');
    remote.socket.end('last answer');
    await until(() => expect(client.isClosed).toBe(true));
    expect(client).toMatchObject({ text: 'welcome last answer', error: undefined, hasEnded: true });
    await until(() => expect(proxy.openConnections).toBe(0));
  });

  it('passes megabytes whole and in order', async () => {
    const proxy = await start({ bufferBytes: 4_096 });
    const { client, remote } = await pair(proxy);
    const bytes = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31) % 251));
    const chunks: Buffer[] = [];
    remote.socket.on('data', (chunk) => chunks.push(chunk));
    client.socket.end(bytes);
    await until(() => expect(remote.hasEnded).toBe(true));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('passes a reset on', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    remote.socket.resetAndDestroy();
    await until(() => expect(client.error).toBe('ECONNRESET'));
  });

  it('resets a client whose server is not there', async () => {
    const proxy = await start();
    server.close();
    const client = dial(proxy);
    await until(() => expect(client.error).toBe('ECONNRESET'));
    await until(() => expect(proxy.openConnections).toBe(0));
  });

  it('makes a sender wait for a reader that does not read, and holds little for it', async () => {
    const proxy = await start({ bufferBytes: 10_000 });
    const { client, remote } = await pair(proxy);
    remote.socket.pause();
    let sent = 0;
    const chunk = Buffer.alloc(100_000);
    while (client.socket.writableLength < 1_000_000 && sent < 100_000_000) {
      client.socket.write(chunk);
      sent += chunk.length;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(100_000_000);
    expect(proxy.heldBytes).toBeLessThan(10_000 + 65_536 + 1);
    remote.socket.resume();
    await expect.poll(() => remote.received).toBe('hello '.length + sent);
  });

  it('leaves no connection and no port behind', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    await proxy[Symbol.asyncDispose]();
    await until(() => expect([client.error, remote.error]).toEqual(['ECONNRESET', 'ECONNRESET']));
    const late = dial(proxy);
    await until(() => expect(late.error).toBe('ECONNREFUSED'));
  });
});

describe('refused', () => {
  it('refuses new connections, keeps open ones and ends with the heal', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'refused' });
    const late = dial(proxy);
    await until(() => expect(late.error).toBe('ECONNREFUSED'));
    client.socket.write('still here');
    await until(() => expect(remote.text).toBe('hello still here'));
    await heal();
    await heal();
    await pair(proxy);
  });

  it('lasts until the last of two is healed', async () => {
    const proxy = await start();
    const healFirst = await proxy.inject({ type: 'refused' });
    const healSecond = await proxy.inject({ type: 'refused' });
    await healFirst();
    const early = dial(proxy);
    await until(() => expect(early.error).toBe('ECONNREFUSED'));
    await healSecond();
    await pair(proxy);
  });
});

describe('reset', () => {
  it('resets both sides of open connections and every new one', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'reset' });
    await until(() => expect([client.error, remote.error]).toEqual(['ECONNRESET', 'ECONNRESET']));
    const late = dial(proxy);
    await until(() => expect(late.error).toBe('ECONNRESET'));
    expect(accepted).toHaveLength(1);
    await heal();
    await pair(proxy);
  });
});

describe('black hole', () => {
  it('passes nothing either way, and all of it after the heal', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'blackHole' });
    client.socket.write('question');
    remote.socket.write('news');
    await until(() => expect(proxy.heldBytes).toBe('question'.length + 'news'.length));
    expect([client.text, remote.text]).toEqual(['welcome ', 'hello ']);
    await heal();
    await until(() => expect([client.text, remote.text]).toEqual(['welcome news', 'hello question']));
  });

  it.each(['toServer', 'toClient'] as const)('is one way only with %s', async (direction) => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    await proxy.inject({ type: 'blackHole', direction });
    const [open, shut] = direction === 'toServer' ? [client, remote] : [remote, client];
    shut.socket.write('lost');
    open.socket.write('lost');
    await until(() => expect(open.text).toMatch(/lost$/));
    await until(() => expect(proxy.heldBytes).toBe(4));
    expect(shut.text).not.toMatch(/lost$/);
  });

  it('hides the end and the reset of the other side', async () => {
    const proxy = await start();
    const ended = await pair(proxy);
    const reset = await pair(proxy);
    const heal = await proxy.inject({ type: 'blackHole', direction: 'toClient' });
    ended.remote.socket.end();
    reset.remote.socket.resetAndDestroy();
    await until(() => expect(reset.remote.isClosed).toBe(true));
    // What these clients send still reaches the proxy, which has therefore seen the reset before it.
    ended.client.socket.write('ping');
    await until(() => expect(ended.remote.text).toBe('hello ping'));
    expect([ended.client.hasEnded, reset.client.error]).toEqual([false, undefined]);
    await heal();
    await until(() => expect([ended.client.hasEnded, reset.client.error]).toEqual([true, 'ECONNRESET']));
  });

  it('lets a new connection reach the server only after the heal', async () => {
    const proxy = await start();
    const heal = await proxy.inject({ type: 'blackHole', direction: 'toClient' });
    const client = dial(proxy);
    client.socket.write('early');
    await until(() => expect(proxy.heldBytes).toBe(5));
    expect(accepted).toHaveLength(0);
    await heal();
    await until(() => expect(accepted[0]?.text).toBe('early'));
  });

  it('holds a bounded number of bytes', async () => {
    const proxy = await start({ bufferBytes: 10_000 });
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'blackHole' });
    client.socket.write(Buffer.alloc(30_000_000));
    await until(() => expect(proxy.heldBytes).toBeGreaterThan(9_999));
    await roundTripElsewhere();
    expect(proxy.heldBytes).toBeLessThan(10_000 + 65_536 + 1);
    await heal();
    await expect.poll(() => remote.received).toBe(30_000_006);
  });

  async function roundTripElsewhere(): Promise<void> {
    await roundTrip(await start());
  }
});

describe('slow', () => {
  it('adds its latency to each direction', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    await proxy.inject({ type: 'slow', latencyMs: 60 });
    const startedAt = performance.now();
    client.socket.write('q');
    await expect.poll(() => remote.text).toBe('hello q');
    expect(performance.now() - startedAt).toBeGreaterThan(58);
    remote.socket.write('a');
    await expect.poll(() => client.text).toBe('welcome a');
    expect(performance.now() - startedAt).toBeGreaterThan(116);
  });

  it('passes no more bytes a second than it may', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    await proxy.inject({ type: 'slow', direction: 'toServer', bytesPerSecond: 20_000 });
    const startedAt = performance.now();
    client.socket.write(Buffer.alloc(4_000));
    await expect.poll(() => remote.received).toBe(4_006);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(170);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('lets go at once when it is healed', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'slow', latencyMs: 100_000 });
    client.socket.write('q');
    await until(() => expect(proxy.heldBytes).toBe(1));
    await heal();
    await until(() => expect(remote.text).toBe('hello q'));
  });
});

describe('half open', () => {
  it('drops the server side and tells the client only when it is healed', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'halfOpen' });
    await until(() => expect(remote.hasEnded).toBe(true));
    client.socket.write('into nothing');
    await roundTrip(proxy);
    expect([client.isClosed, client.hasEnded, client.error]).toEqual([false, false, undefined]);
    expect(remote.text).toBe('hello ');
    await heal();
    await until(() => expect(client.error).toBe('ECONNRESET'));
    await until(() => expect(proxy.openConnections).toBe(1));
  });
});

describe('half close', () => {
  it('ends one direction and leaves the other', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    await proxy.inject({ type: 'halfClose', direction: 'toClient' });
    await until(() => expect(client.hasEnded).toBe(true));
    client.socket.write('still asking');
    await until(() => expect(remote.text).toBe('hello still asking'));
    expect(remote.hasEnded).toBe(false);
  });
});

describe('cut after', () => {
  it.each(Array.from({ length: 7 }, (_, bytes) => bytes))(
    'lets exactly %i bytes of a request pass',
    async (bytes) => {
      const proxy = await start();
      const { client, remote } = await pair(proxy);
      await proxy.inject({ type: 'cutAfter', direction: 'toServer', bytes });
      client.socket.write('abcdef');
      await until(() => expect(client.error).toBe('ECONNRESET'));
      await until(() => expect(isCut(remote)).toBe(true));
      expect(remote.text).toBe('hello ' + 'abcdef'.slice(0, bytes));
    },
  );

  it('cuts a reply, also on a connection that was opened later', async () => {
    const proxy = await start();
    await proxy.inject({ type: 'cutAfter', direction: 'toClient', bytes: 3 });
    const client = dial(proxy);
    client.socket.write('question');
    await until(() => expect(accepted[0]?.text).toBe('question'));
    accepted[0]?.socket.write('answer');
    await until(() => expect(isCut(client)).toBe(true));
    expect(client.text).toBe('ans');
  });

  it('cuts nothing after it was healed', async () => {
    const proxy = await start();
    const { client, remote } = await pair(proxy);
    const heal = await proxy.inject({ type: 'cutAfter', direction: 'toServer', bytes: 3 });
    await heal();
    client.socket.write('abcdef');
    await until(() => expect(remote.text).toBe('hello abcdef'));
  });
});

describe('lose reply', () => {
  const scan = (bytes: Uint8Array, from: number): number => bytes.indexOf(10, from) + 1 || -1;

  it('lets the server execute and swallows that one reply', async () => {
    const proxy = await start({ scan });
    const client = dial(proxy);
    client.socket.write('one\ntwo\nthree\n');
    await until(() => expect(accepted[0]?.text).toBe('one\ntwo\nthree\n'));
    await proxy.inject({ type: 'loseReply', index: 2 });
    accepted[0]?.socket.write('1\n2\n3');
    await until(() => expect(client.text).toBe('1\n2\n'));
    accepted[0]?.socket.write('\n4\n');
    await until(() => expect(isCut(client)).toBe(true));
    expect(client.text).toBe('1\n2\n');
  });

  it('happens once', async () => {
    const proxy = await start({ scan });
    await proxy.inject({ type: 'loseReply', index: 0 });
    for (const text of ['', 'answer\n']) {
      const before = accepted.length;
      const client = dial(proxy);
      await until(() => expect(accepted[before]).toBeDefined());
      accepted[before]?.socket.write('answer\n');
      await until(() => expect([client.text, client.isClosed]).toEqual([text, text === '']));
    }
  });

  it('resets a connection whose replies cannot be scanned, and says why', async () => {
    const proxy = await start({
      scan: () => {
        throw new Error('not a frame');
      },
    });
    const client = dial(proxy);
    await until(() => expect(accepted).toHaveLength(1));
    accepted[0]?.socket.write('?');
    await until(() => expect(client.error).toBe('ECONNRESET'));
    expect(proxy.scanErrors).toMatchObject([{ message: 'not a frame' }]);
  });

  it('is refused by a proxy that cannot scan', async () => {
    const proxy = await start();
    await expect(proxy.inject({ type: 'loseReply', index: 0 })).rejects.toThrow(/scan/);
  });
});

describe('flapping', () => {
  it('goes down and up until it is healed', async () => {
    const proxy = await start();
    const { client } = await pair(proxy);
    const heal = await proxy.inject({ type: 'flapping', upMs: 30, downMs: 30 });
    await until(() => expect(client.error).toBe('ECONNRESET'));
    const seen: string[] = [];
    await vi.waitFor(
      () => {
        const peer = dial(proxy);
        peer.socket.once('connect', () => seen.push('up'));
        peer.socket.once('error', () => seen.push('down'));
        expect(seen.join(' ')).toMatch(/down.*up.*down.*up/);
      },
      { interval: 5, timeout: 15_000 },
    );
    await heal();
    await pair(proxy);
  });

  it('stays up when it is healed while it is down', async () => {
    const proxy = await start();
    const heal = await proxy.inject({ type: 'flapping', upMs: 1_000_000, downMs: 1_000_000 });
    const refused = dial(proxy);
    await until(() => expect(refused.error).toBe('ECONNREFUSED'));
    await heal();
    await pair(proxy);
  });
});
