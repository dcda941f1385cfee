import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheFolder } from '../../../testing/cache-folder.ts';
import { runBounded } from '../../../testing/run-bounded.ts';
import type { Foreign } from './foreign-load.ts';
import { startForeign } from './foreign-load.ts';

const source = fileURLToPath(new URL('./jedis', import.meta.url));
const cure = 'install a JDK of 17 or newer, Maven and a reachable registry';

/** Jedis as pom.xml pins it, from the cache or by the machine's own Maven; the JDK runs a source file as it is. */
export async function jedis(): Promise<Foreign> {
  const folder = join(defaultCacheFolder(process.env), 'jedis-5.2.0');
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) {
    const pom = join(source, 'pom.xml');
    // prettier-ignore
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
    const copied = await runBounded('mvn', args, 120_000);
    if (copied.type === 'failed') return { type: 'missing', reason: copied.reason, cure };
  }
  const java = await runBounded('java', ['--version'], 10_000);
  if (java.type === 'failed') return { type: 'missing', reason: java.reason, cure };
  const program = join(source, 'Load.java');
  return {
    type: 'found',
    start: (port) => startForeign('java', ['-cp', `${folder}/*`, program, String(port)]),
  };
}
