import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** redis-py's own tests, as its source package brings them: they ask for nearly every command. */
const VERSION = '8.1.0';
const FILES =
  'commands pipeline pubsub lock scripting encoding function hash cache client monitor connection_pool'
    .split(' ')
    .map((name) => `tests/test_${name}.py`);
/** What its tests import beside it. */
const NEEDED =
  `pytest pytest-asyncio pytest-timeout mock packaging numpy xxhash cryptography aiohttp pybreaker
  opentelemetry-api opentelemetry-sdk redis-entraid==1.2.1`.split(/\s+/);
const INSTALL_LIMIT_MS = 300_000;
const SUITE_LIMIT_MS = 600_000;
/** s; what hangs is a failure. */
const TEST_LIMIT_S = 30;

export interface Suite {
  readonly version: string;
  /** Runs all tests against one port. By their names: whether each passed. Skipped ones are left out. */
  run(port: number): Promise<ReadonlyMap<string, boolean>>;
}

/** Fetched once, into the cache. @throws Error if there is no Python 3 with pip, or no registry */
export async function prepareSuite(): Promise<Suite> {
  const folder = join(homedir(), '.cache', 'failover', `redis-py-tests-${VERSION}`);
  const source = join(folder, `redis-${VERSION}`);
  const python = join(folder, 'venv', 'bin', 'python');
  if (!existsSync(source)) {
    const made = `${folder}.new`;
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made, { recursive: true });
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:', '-d', made];
    await runToEnd('python3', [...pip, `redis==${VERSION}`], INSTALL_LIMIT_MS);
    await runToEnd('tar', ['xzf', join(made, `redis-${VERSION}.tar.gz`), '-C', made], INSTALL_LIMIT_MS);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  }
  if (!existsSync(python)) {
    await runToEnd('python3', ['-m', 'venv', join(folder, 'venv')], INSTALL_LIMIT_MS);
    await runToEnd(python, ['-m', 'pip', 'install', '--quiet', source, ...NEEDED], INSTALL_LIMIT_MS);
  }
  return {
    version: `redis-py ${VERSION}`,
    async run(port) {
      const args = ['-m', 'pytest', '-q', '-rpfE', '--no-header', '--tb=no', '-p', 'no:cacheprovider'];
      const only = ['-m', 'not onlycluster and not redismod', '--timeout', String(TEST_LIMIT_S)];
      const url = ['--redis-url', `redis://localhost:${String(port)}/0`];
      // It ends with 1 if a test failed: the direct run has such tests too.
      const text = await runToEnd(
        python,
        [...args, ...only, ...url, ...FILES],
        SUITE_LIMIT_MS,
        source,
        [0, 1],
      );
      const results = new Map<string, boolean>();
      for (const [, word, test] of text.matchAll(/^(PASSED|FAILED|ERROR) (\S+)/gm))
        if (test !== undefined) results.set(test, word === 'PASSED');
      if (results.size === 0) throw new Error(`the suite says nothing:\n${text.slice(-2000)}`);
      return results;
    },
  };
}

function runToEnd(
  command: string,
  args: readonly string[],
  limitMs: number,
  cwd?: string,
  good: readonly number[] = [0],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: string[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.stdout.on('data', (chunk: Buffer) => parts.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => parts.push(chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      const text = parts.join('');
      if (code !== null && good.includes(code)) resolve(text);
      else reject(new Error(`${command} ${args[0] ?? ''} ended with ${String(code)}:\n${text.slice(-2000)}`));
    });
  });
}
