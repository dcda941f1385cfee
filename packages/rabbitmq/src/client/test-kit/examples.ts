import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { SupervisedProcess } from '@failover/testing';
import { startProcess } from '@failover/testing';

/** How an example takes its modules. */
export type Form = 'require' | 'import';

/** amqplib's own examples, from its tarball, with nothing but the module's name changed. */
export interface Examples extends AsyncDisposable {
  /** Where they lie; a folder of their own inside of the package, so that its dependencies are found. */
  readonly folder: string;
  run(name: string, form: Form, ...args: readonly string[]): Promise<SupervisedProcess>;
  /** In this folder, and with what is written to `inputAt` for its input. */
  runAt(cwd: string, inputAt: string, name: string, form: Form): Promise<SupervisedProcess>;
}

type Build = (config: object) => Promise<unknown>;

const require = createRequire(import.meta.url);
const originals = join(dirname(require.resolve('amqplib')), 'examples');
const package_ = new URL('../../..', import.meta.url).pathname;

/** `build` is that of Vite, which only tests may load. */
export async function prepareExamples(build: Build): Promise<Examples> {
  const folder = await mkdtemp(join(package_, '.examples-'));
  // A package of its own: inside of ours its name means what was built last, which may be old or not there.
  writeFileSync(join(folder, 'package.json'), '{}');
  await bundleInto(join(folder, 'node_modules/@failover/rabbitmq'), build);

  function written(name: string, form: Form): string {
    const ending = form === 'require' ? '.cjs' : '.mjs';
    const file = join(folder, `${name.replaceAll('/', '-')}.${form}${ending}`);
    writeFileSync(file, adapted(name, form));
    return file;
  }

  const env = { ...process.env };
  return {
    folder,
    run: (name, form, ...args) =>
      startProcess({ command: process.execPath, args: [written(name, form), ...args], name, env }),
    runAt(cwd, inputAt, name, form) {
      execFileSync('mkfifo', [inputAt]);
      // Read and write: to open it waits for nobody, and it does not end.
      const args = ['-c', 'exec "$0" "$1" <> "$2"', process.execPath, written(name, form), inputAt];
      return startProcess({ command: 'sh', args, name, env, cwd });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The package from source in one file, so that none of the many processes has to translate it again. */
async function bundleInto(outDir: string, build: Build): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: package_,
    resolve: { conditions: ['@failover/source'] },
    ssr: { resolve: { conditions: ['@failover/source'] }, noExternal: [/^@failover\//] },
    build: { ssr: 'src/index.ts', outDir, emptyOutDir: true, minify: false },
  });
  writeFileSync(join(outDir, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
}

/** The example with the module's name changed; and by `import`, with that line in its other form. */
function adapted(name: string, form: Form): string {
  const text = readFileSync(join(originals, name), 'utf8');
  const renamed = text.replace(/require\('(?:amqplib|(?:\.\.\/?)+)'\)/, "require('@failover/rabbitmq')");
  if (renamed === text) throw new Error(`${name} does not load amqplib`);
  return form === 'require'
    ? renamed
    : renamed
        .replace(/^const (\w+) = require\('([^']+)'\);/gm, "import $1 from '$2';")
        .replace(
          /^const (\{[^}]+\}) = require\('([^']+)'\);/gm,
          (_, names: string, from: string) => `import ${names.replaceAll(':', ' as')} from '${from}';`,
        );
}
