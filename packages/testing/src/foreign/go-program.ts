import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder } from '../process/cache-folder.ts';
import { runBounded } from '../process/run-bounded.ts';
import type { Foreign } from './program.ts';
import { startProgram } from './program.ts';

export interface GoSource {
  /** What the compiled program is called in the cache. */
  readonly name: string;
  /** With a go.mod that pins the client. */
  readonly folder: string;
}

/** The client as go.mod pins it, compiled by the machine's own Go. */
export async function goProgram<Line>({ name, folder }: GoSource): Promise<Foreign<Line>> {
  const cache = defaultCacheFolder(process.env);
  await mkdir(cache, { recursive: true });
  const program = join(cache, name);
  // A first build fetches and compiles the client; later ones are answered from Go's own cache.
  const built = await runBounded('go', ['build', '-C', folder, '-o', program, '.'], 120_000);
  if (built.type === 'failed') {
    const cure = 'install Go 1.22 or newer and a reachable registry';
    return { type: 'missing', reason: built.reason, cure };
  }
  return { type: 'found', start: (args, onLine) => startProgram(program, args, {}, onLine) };
}
