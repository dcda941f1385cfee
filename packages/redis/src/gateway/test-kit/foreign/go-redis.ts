import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheFolder } from '../../../testing/cache-folder.ts';
import { runBounded } from '../../../testing/run-bounded.ts';
import type { Foreign } from './foreign-load.ts';
import { startForeign } from './foreign-load.ts';

const source = fileURLToPath(new URL('./go-redis', import.meta.url));

/** go-redis as go.mod pins it, compiled by the machine's own Go. */
export async function goRedis(): Promise<Foreign> {
  const folder = defaultCacheFolder(process.env);
  await mkdir(folder, { recursive: true });
  const program = join(folder, 'go-redis-load');
  // A first build fetches and compiles the client; later ones are answered from Go's own cache.
  const built = await runBounded('go', ['build', '-C', source, '-o', program, '.'], 120_000);
  if (built.type === 'failed') {
    return {
      type: 'missing',
      reason: built.reason,
      cure: 'install Go 1.22 or newer and a reachable registry',
    };
  }
  return { type: 'found', start: (port) => startForeign(program, [String(port)]) };
}
