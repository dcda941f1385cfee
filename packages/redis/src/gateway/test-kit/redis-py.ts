import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBounded } from '../../testing/run-bounded.ts';

const version = '8.1.0';
const script = fileURLToPath(new URL('./redis-py-load.py', import.meta.url));

export type RedisPy =
  { readonly type: 'found'; readonly wheel: string } | { readonly type: 'missing'; readonly reason: string };

/** The pinned redis-py, from a cache folder or by the machine's own pip. Python imports a pure wheel as it is. */
export async function findRedisPy(): Promise<RedisPy> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'failover', `redis-py-${version}`);
  await mkdir(folder, { recursive: true });
  const wheels = async () => (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  if ((await wheels()).length === 0) {
    // prettier-ignore
    const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '-d', folder, `redis==${version}`];
    const download = await runBounded('python3', args, 60_000);
    if (download.type === 'failed') return { type: 'missing', reason: download.reason };
  }
  const [wheel] = await wheels();
  if (wheel === undefined) return { type: 'missing', reason: 'pip download left no wheel' };
  const path = join(folder, wheel);
  const imported = await runBounded(
    'python3',
    ['-c', `import sys; sys.path.insert(0, ${JSON.stringify(path)}); import redis.asyncio`],
    20_000,
  );
  return imported.type === 'failed'
    ? { type: 'missing', reason: imported.reason }
    : { type: 'found', wheel: path };
}

/** What the application saw. */
export interface SeenByPython {
  readonly version: string;
  readonly acknowledged: readonly string[];
  readonly unknown: readonly string[];
  readonly failed: readonly string[];
  readonly popped: readonly string[];
  readonly messages: readonly string[];
}

export interface PythonLoad extends Disposable {
  /** Resolves when every worker has ended. */
  finish(): Promise<SeenByPython>;
}

export function startPython(wheel: string, mode: 'sync' | 'asyncio', port: number): PythonLoad {
  const child = spawn('python3', [script, mode, String(port)], {
    env: { ...process.env, PYTHONPATH: wheel },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    async finish() {
      child.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`python ended with ${String(code)}`);
      return JSON.parse(output) as SeenByPython;
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}
