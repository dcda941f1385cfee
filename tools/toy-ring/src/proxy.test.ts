import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readConfig, showAddress, startProxy, type Proxy } from '@failover/proxy';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRing, type PeerRing } from './peer.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-ring-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function start(peers: readonly string[], more = '', listener = ''): Promise<Proxy> {
  const file = join(folder, 'failover.yaml');
  const backend = fileURLToPath(new URL('./ring.ts', import.meta.url));
  await writeFile(
    file,
    `version: 1
admin: { listen: 127.0.0.1:0 }
clusters: { toy: { backend: ${backend}, peers: [${peers.map((peer) => `'${peer}'`).join(', ')}] } }
listeners: [{ listen: 127.0.0.1:0, cluster: toy ${listener} }]
${more}`,
  );
  return startProxy(await readConfig(file));
}

function portOf(proxy: Proxy): number {
  const address = proxy.listeners[0]?.listener.address;
  if (address?.type !== 'tcp') throw new Error('it does not listen');
  return address.port;
}

/** A client of the local process that asks one thing after the other. */
interface Client extends Disposable {
  readonly socket: Socket;
  ask(line: string): Promise<string | undefined>;
}

function dial(proxy: Proxy): Client {
  const socket = connect(portOf(proxy), '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  const answers = lines[Symbol.asyncIterator]();
  return {
    socket,
    async ask(line) {
      socket.write(`${line}\n`);
      const answer = await answers.next();
      return answer.done === true ? undefined : answer.value;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

async function page(proxy: Proxy, path: string, init?: RequestInit): Promise<Response> {
  if (proxy.admin === undefined) throw new Error('it has no admin pages');
  return fetch(`http://${showAddress(proxy.admin)}${path}`, init);
}

/** Asks a page again until it says so: what it tells follows the servers by itself. */
async function until(proxy: Proxy, path: string, holds: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await (await page(proxy, path)).text();
    if (holds(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function peersOf(ring: PeerRing) {
  const [first, second, third] = ring.peers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no ring');
  return { first, second, third };
}

it('serves on localhost while one peer dies and another hangs, and the client stays connected', async () => {
  await using ring = await startRing(3);
  const { first, second, third } = peersOf(ring);
  await using proxy = await start([first.address]);
  using client = dial(proxy);
  for (const { address } of ring.peers) {
    await until(proxy, '/topology', (text) =>
      text.includes(`"${address}","kind":"data","role":"peer","availability":"up"`),
    );
  }

  expect(await client.ask('hello')).toBe('hello');
  second.hang();
  for (let at = 0; at < 10; at += 1) expect(await client.ask(`hang ${at}`)).toBe(`hang ${at}`);
  await first.die();
  for (let at = 0; at < 10; at += 1) expect(await client.ask(`dead ${at}`)).toBe(`dead ${at}`);
  await until(proxy, '/topology', (text) => (text.match(/"availability":"down"/g) ?? []).length === 2);
  const before = third.echoed.length;
  expect(await client.ask('left')).toBe('left');
  expect(third.echoed.slice(before)).toEqual(['left']);
  expect(proxy.listeners[0]?.listener.counts).toEqual({ open: 1, accepted: 1, refused: 0 });
}, 30_000);

it('tells when nobody is left, and when somebody is back', async () => {
  await using ring = await startRing(3);
  const { first, second, third } = peersOf(ring);
  await using proxy = await start([first.address]);
  expect((await page(proxy, '/readyz')).status).toBe(200);
  const events = await page(proxy, '/events');
  await Promise.all([first.die(), second.die()]);
  third.hang();
  const reasons = await until(proxy, '/readyz', (text) => text.includes('"isReady":false'));
  expect(reasons).toContain('"cluster":"toy","target":"ring/peer","reason":"failing-over');
  expect((await page(proxy, '/readyz')).status).toBe(503);
  expect((await page(proxy, '/livez')).status).toBe(200);

  third.answer();
  await until(proxy, '/readyz', (text) => text.includes('"isReady":true'));
  const failovers = JSON.parse(await until(proxy, '/failovers', (text) => text.includes('recovered'))) as {
    readonly clusters: { readonly toy: readonly { readonly steps: readonly { readonly type: string }[] }[] };
  };
  expect(failovers.clusters.toy[0]?.steps.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['firstDoubt', 'steady']),
  );
  const metrics = await (await page(proxy, '/metrics')).text();
  expect(metrics).toContain('failover_switches_total{cluster="toy",target="ring/peer",result="recovered"} 1');
  expect(metrics).toContain('failover_switches_total{cluster="toy",target="ring/peer",result="switched"} 0');
  expect(metrics).toContain('failover_target_state{cluster="toy",target="ring/peer",state="steady"} 1');
  expect(metrics).toContain('failover_ready 1');

  const seen = events.body?.getReader();
  let text = '';
  while (!text.includes('"to":"failing-over"')) text += new TextDecoder().decode((await seen?.read())?.value);
  expect(text).toMatch(/event: stateChanged\ndata: \{"cluster":"toy","time":"20/);
  await seen?.cancel();
}, 30_000);

it('opens its ports after a bounded wait when nobody answers, and says what it waits for', async () => {
  await using proxy = await start(['127.0.0.1:1'], 'start: { timeout: 50ms }');
  expect(await (await page(proxy, '/readyz')).json()).toMatchObject({
    isReady: false,
    reasons: [{ cluster: 'toy', reason: 'no target of role peer was seen yet' }],
  });
});

it('drains: takes nobody new, lets those that are there go, and ends', async () => {
  await using ring = await startRing(1);
  const proxy = await start([ring.peers[0]?.address ?? '']);
  using client = dial(proxy);
  expect(await client.ask('hello')).toBe('hello');
  const port = portOf(proxy);
  const gone = new Promise((resolve) => client.socket.once('close', resolve));
  const drained = proxy.drain();
  expect(proxy.phase).toBe('draining');
  await drained;
  await gone;
  const late = connect(port, '127.0.0.1');
  expect(
    await new Promise((resolve) => late.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))),
  ).toBe('ECONNREFUSED');
});

it('cuts off who does not leave within the drain timeout', async () => {
  await using ring = await startRing(1);
  const [peer] = ring.peers;
  const proxy = await start([peer?.address ?? ''], 'drain: { timeout: 100ms }');
  using client = dial(proxy);
  expect(await client.ask('hello')).toBe('hello');
  peer?.hang();
  const unanswered = client.ask('never');
  await until(proxy, '/metrics', (text) =>
    text.includes('failover_gateway{cluster="toy",counter="lines"} 2'),
  );
  await proxy.drain();
  expect(await unanswered).toBeUndefined();
});

it('turns away who comes beyond maxClients, and serves the others', async () => {
  await using ring = await startRing(1);
  await using proxy = await start([ring.peers[0]?.address ?? ''], '', ', maxClients: 1');
  using client = dial(proxy);
  expect(await client.ask('hello')).toBe('hello');
  using late = dial(proxy);
  expect(await late.ask('hello?')).toBeUndefined();
  expect(await client.ask('still here')).toBe('still here');
  expect(proxy.listeners[0]?.listener.counts).toEqual({ open: 1, accepted: 1, refused: 1 });
});

it('answers on its admin pages to loopback names and questions only', async () => {
  await using ring = await startRing(1);
  await using proxy = await start([ring.peers[0]?.address ?? '']);
  expect((await page(proxy, '/topology', { method: 'POST' })).status).toBe(405);
  expect((await page(proxy, '/nosuch')).status).toBe(404);
  expect(await (await page(proxy, '/buildinfo')).json()).toMatchObject({
    backends: ['ring'],
    node: process.version,
  });
  expect(await statusWithHost(proxy, 'evil.example')).toBe(403);
  expect(await statusWithHost(proxy, 'localhost:1')).toBe(200);
});

/** As a browser that was told that the name is this machine; `fetch` sets the header itself. */
function statusWithHost(proxy: Proxy, host: string): Promise<number> {
  if (proxy.admin?.type !== 'tcp') throw new Error('it has no admin pages');
  const socket = connect(proxy.admin.port, '127.0.0.1');
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return new Promise((resolve) =>
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(Number(chunk.toString().split(' ')[1]));
    }),
  );
}

it('cannot have an address that is taken, and leaves nothing behind when it fails', async () => {
  await using ring = await startRing(1);
  const peers = [ring.peers[0]?.address ?? ''];
  await using proxy = await start(peers);
  const taken = portOf(proxy);
  const file = join(folder, 'failover.yaml');
  const config = await readConfig(file);
  const [listener] = config.listeners;
  if (listener === undefined) throw new Error('no listener');
  const again = {
    ...config,
    listeners: [{ ...listener, listen: { type: 'tcp', host: '127.0.0.1', port: taken } as const }],
  };
  await expect(startProxy(again)).rejects.toThrow(
    `cannot listen on 127.0.0.1:${taken}: another process does already`,
  );
});
