import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder } from '../process/cache-folder.ts';
import { runBounded } from '../process/run-bounded.ts';
import type { Foreign } from './program.ts';
import { startProgram } from './program.ts';

export interface JavaSource {
  /** What the folder of its classes is called in the cache; with the client's version. */
  readonly name: string;
  /** With a pom.xml that pins the client, and a Load.java. */
  readonly folder: string;
}

const cure = 'install a JDK of 17 or newer, Maven and a reachable registry';

/** The client as pom.xml pins it, from the cache or by the machine's own Maven; the JDK runs a source file as it is. */
export async function javaProgram<Line>({ name, folder }: JavaSource): Promise<Foreign<Line>> {
  const classes = join(defaultCacheFolder(process.env), name);
  await mkdir(classes, { recursive: true });
  if ((await readdir(classes)).length === 0) {
    const pom = join(folder, 'pom.xml');
    // prettier-ignore
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${classes}`];
    const copied = await runBounded('mvn', args, 120_000);
    if (copied.type === 'failed') return { type: 'missing', reason: copied.reason, cure };
  }
  const java = await runBounded('java', ['--version'], 60_000);
  if (java.type === 'failed') return { type: 'missing', reason: java.reason, cure };
  const program = join(folder, 'Load.java');
  return {
    type: 'found',
    start: (args, onLine) => startProgram('java', ['-cp', `${classes}/*`, program, ...args], {}, onLine),
  };
}
