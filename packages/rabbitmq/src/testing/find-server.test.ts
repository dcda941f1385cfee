import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findVersion } from './find-server.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-rabbitmq-find-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files as the package of Debian leaves them, and as if all were mounted. */
async function fakeRoot(version: string): Promise<string> {
  const root = join(folder, 'root');
  for (const path of [
    'proc/self',
    'dev',
    'usr/lib/rabbitmq/bin',
    `usr/lib/rabbitmq/lib/rabbitmq_server-${version}`,
  ])
    await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, 'dev/urandom'), '');
  await writeFile(join(root, 'usr/lib/rabbitmq/bin/rabbitmq-server'), '');
  await chmod(join(root, 'usr/lib/rabbitmq/bin/rabbitmq-server'), 0o755);
  return root;
}

const mayChangeRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe('findVersion', () => {
  it('tells what it looked for in vain, and what would help', async () => {
    const search = await findVersion('9.9' as '4.0', { env: {}, cacheFolder: folder });
    expect(search).toMatchObject({ type: 'missing' });
    if (search.type === 'missing') expect(search.reason).toContain('no RabbitMQ 9.9');
  });

  it.skipIf(!mayChangeRoot)('finds the release of the root that the environment names', async () => {
    const root = await fakeRoot('9.9.7');
    const env = { FAILOVER_RABBITMQ_ROOT: root };
    expect(await findVersion('9.9' as '4.0', { env })).toEqual({
      type: 'found',
      server: {
        version: '9.9.7',
        how: `RabbitMQ of the root directory ${root}`,
        root,
        scripts: '/usr/lib/rabbitmq/bin',
      },
    });
  });

  it.skipIf(!mayChangeRoot)('makes no root unless it is asked to', async () => {
    const search = await findVersion('9.9' as '4.0', { env: {}, cacheFolder: folder });
    expect(search).toMatchObject({ type: 'missing' });
    if (search.type === 'missing')
      expect(search.reason).toContain(`no root directory ${join(folder, 'debian13')}`);
  });
});
