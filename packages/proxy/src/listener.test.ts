import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@failover/core';
import { afterAll, expect, it } from 'vitest';
import { openListener, type Listener } from './listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'failover-listener-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const open = (path: string, serve: (client: Socket) => Promise<void>, maxClients = 10): Promise<Listener> =>
  openListener({ listen: { type: 'unix', path }, maxClients, log: silentLog, serve });

const echo = (client: Socket): Promise<void> =>
  new Promise((resolve) => {
    client.pipe(client);
    client.once('close', () => resolve());
  });

function ask(path: string): Promise<string> {
  const socket = connect(path);
  socket.write('hello');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk.toString());
    });
  });
}

it('takes over the socket that a killed process left behind', async () => {
  const path = join(folder, 'left.sock');
  // The file of a server that is gone without having closed: renamed away, it is not removed by close().
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(`${path}.live`, resolve));
  renameSync(`${path}.live`, path);
  await new Promise((resolve) => dead.close(resolve));
  expect(existsSync(path)).toBe(true);

  const listener = await open(path, echo);
  expect(await ask(path)).toBe('hello');
  listener.stopAccepting();
  listener.destroyClients();
  await listener.whenIdle();
});

it('leaves a socket alone on which another process listens', async () => {
  const path = join(folder, 'live.sock');
  const first = await open(path, echo);
  await expect(open(path, echo)).rejects.toThrow(`cannot listen on ${path}: another process does already`);
  expect(await ask(path)).toBe('hello');
  first.stopAccepting();
  first.destroyClients();
});

it('closes the one client whose session throws, and serves the next', async () => {
  const path = join(folder, 'throws.sock');
  let served = 0;
  const listener = await open(path, (client) => {
    served += 1;
    return served === 1 ? Promise.reject(new Error('a bug')) : echo(client);
  });
  const hurt = connect(path);
  hurt.on('error', () => undefined);
  await new Promise((resolve) => hurt.once('close', resolve));
  expect(await ask(path)).toBe('hello');
  listener.stopAccepting();
  listener.destroyClients();
});

it('turns away one client more than it may have, and serves those that are there', async () => {
  const path = join(folder, 'full');
  const listener = await open(path, echo, 1);
  const first = connect(path);
  const answer = (): Promise<string> =>
    new Promise((resolve) => {
      first.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
    });
  first.write('one');
  expect(await answer()).toBe('one');
  const second = connect(path);
  await new Promise((resolve) => {
    second.once('error', () => undefined);
    second.once('close', resolve);
  });
  first.write('two');
  expect(await answer()).toBe('two');
  expect(listener.counts).toEqual({ open: 1, accepted: 1, refused: 1 });
  listener.destroyClients();
  listener.stopAccepting();
});
