import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheFolder } from '../../../testing/cache-folder.ts';
import { downloadWheel, findPip } from '../../../testing/pip.ts';
import { runBounded } from '../../../testing/run-bounded.ts';
import type { Foreign } from './foreign-load.ts';
import { startForeign } from './foreign-load.ts';

const version = '8.1.0';
const script = fileURLToPath(new URL('./load.py', import.meta.url));
const cure = 'install Python 3 with pip and a reachable registry';

/** The pinned redis-py, from the cache or by the machine's own pip. Python imports a pure wheel as it is. */
export async function redisPy(mode: 'sync' | 'asyncio'): Promise<Foreign> {
  const python = await findPip();
  if (python.type === 'failed') return { type: 'missing', reason: python.reason, cure };
  const folder = join(defaultCacheFolder(process.env), `redis-py-${version}`);
  await mkdir(folder, { recursive: true });
  const wheels = async () => (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  if ((await wheels()).length === 0) {
    const download = await downloadWheel(python.command, `redis==${version}`, folder, 60_000);
    if (download.type === 'failed') return { type: 'missing', reason: download.reason, cure };
  }
  const [wheel] = await wheels();
  if (wheel === undefined) return { type: 'missing', reason: 'pip download left no wheel', cure };
  const path = join(folder, wheel);
  const look = `import sys; sys.path.insert(0, ${JSON.stringify(path)}); import redis.asyncio`;
  const imported = await runBounded(python.command, ['-c', look], 20_000);
  if (imported.type === 'failed') return { type: 'missing', reason: imported.reason, cure };
  return {
    type: 'found',
    start: (port) => startForeign(python.command, [script, mode, String(port)], { PYTHONPATH: path }),
  };
}
