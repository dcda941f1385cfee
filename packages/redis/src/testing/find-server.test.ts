import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFlavour, findServer } from './find-server.ts';

let folder = '';
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'failover-find-'))));
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

const redis = 'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1"';
const valkey = 'echo "Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64 build=1"';

/** Looks nowhere but in the folder of the test. */
function search(env: Record<string, string> = {}) {
  return { env: { PATH: folder, ...env }, cacheFolder: join(folder, 'cache'), mayDownload: false };
}

describe('find server', { timeout: 30_000 }, () => {
  it('takes Redis from the PATH, with its version', async () => {
    const file = await program('redis-server', redis);
    await program('valkey-server', valkey);
    expect(await findServer(search())).toMatchObject({
      kind: 'redis',
      version: '7.0.15',
      serverCommand: file,
      sentinelCommand: file,
      sentinelArgs: ['--sentinel'],
      how: `${file}, on the PATH`,
    });
  });

  it('takes Valkey from the PATH if there is no Redis, or if it is asked for', async () => {
    const file = await program('valkey-server', valkey);
    expect(await findServer(search())).toMatchObject({
      kind: 'valkey',
      version: '9.1.2',
      serverCommand: file,
    });
    await program('redis-server', redis);
    expect(await findServer({ ...search(), flavour: 'valkey' })).toMatchObject({ kind: 'valkey' });
  });

  it.each(['FAILOVER_SERVER', 'REDIS_SERVER'])('prefers what %s names', async (name) => {
    await program('redis-server', redis);
    const mine = await program('my-server', 'echo "Redis server v=8.0.2 sha=0"');
    expect(await findServer(search({ [name]: mine }))).toMatchObject({
      version: '8.0.2',
      serverCommand: mine,
    });
  });

  it('goes by what a program says of itself, not by its name', async () => {
    await program('redis-server', valkey);
    const asked = await findFlavour('redis', search());
    expect(asked).toMatchObject({ type: 'missing', reason: expect.stringContaining('is valkey') as string });
  });

  it('tells why there is none, and the cure', async () => {
    await program('redis-server', 'echo "something else"');
    await program('valkey-server', 'echo broken >&2; exit 1');
    const found = await findServer(search());
    expect(found.kind).toBe('embedded');
    expect(found.how).toContain('is neither Redis nor Valkey');
    expect(found.how).toContain('broken');
    expect(found.how).toContain('FAILOVER_SERVER');
  });

  it('does not wait for a program that never answers', async () => {
    await program('redis-server', 'exec sleep 60');
    const found = await findFlavour('redis', { ...search(), versionMs: 200 });
    expect(found).toMatchObject({
      type: 'missing',
      reason: expect.stringContaining('no answer within') as string,
    });
  });

  it('gives the double when it is asked for', async () => {
    await program('redis-server', redis);
    expect(await findServer(search({ FAILOVER_SERVER: 'embedded' }))).toMatchObject({ kind: 'embedded' });
  });
});
