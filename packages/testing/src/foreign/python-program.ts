import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder } from '../process/cache-folder.ts';
import { runBounded } from '../process/run-bounded.ts';
import { downloadWheel, findPip } from './pip.ts';
import type { Foreign } from './program.ts';
import { startProgram } from './program.ts';

export interface PythonSource {
  readonly script: string;
  /** A pure package without dependencies: its name in the registry, and what is imported. */
  readonly package: string;
  readonly version: string;
  readonly module: string;
}

const cure = 'install Python 3 with pip and a reachable registry';

/** With the pinned wheel, from the cache or by the machine's own pip. Python imports a pure wheel as it is. */
export async function pythonProgram<Line>(source: PythonSource): Promise<Foreign<Line>> {
  const python = await findPip();
  if (python.type === 'failed') return { type: 'missing', reason: python.reason, cure };
  const { package: name, version, module, script } = source;
  const folder = join(defaultCacheFolder(process.env), `python-${name}-${version}`);
  await mkdir(folder, { recursive: true });
  const wheels = async () => (await readdir(folder)).filter((file) => file.endsWith('.whl'));
  if ((await wheels()).length === 0) {
    const download = await downloadWheel(python.command, `${name}==${version}`, folder, 60_000);
    if (download.type === 'failed') return { type: 'missing', reason: download.reason, cure };
  }
  const [wheel] = await wheels();
  if (wheel === undefined) return { type: 'missing', reason: 'pip download left no wheel', cure };
  const path = join(folder, wheel);
  const look = `import sys; sys.path.insert(0, ${JSON.stringify(path)}); import ${module}`;
  const imported = await runBounded(python.command, ['-c', look], 60_000);
  if (imported.type === 'failed') return { type: 'missing', reason: imported.reason, cure };
  return {
    type: 'found',
    start: (args, onLine) => startProgram(python.command, [script, ...args], { PYTHONPATH: path }, onLine),
  };
}
