// The packed tarballs in an empty project, as a user has them: install, type-check, run.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const packed = join(root, '.cache/packed');
const versions = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

const tarballs = readdirSync(packed, { recursive: true })
  .filter((file) => file.endsWith('.tgz'))
  .map((file) => join(packed, file));
if (tarballs.length === 0) throw new Error('nothing is packed: run it as `nx run failover:consumer`');

/** A fresh project, where the tarballs are all there is of us, with the toy adapter as somebody else's package. */
function tryIn(steps) {
  const project = mkdtempSync(join(tmpdir(), 'failover-consumer-'));
  const run = (command, ...args) => {
    const options = { cwd: project, encoding: 'utf8', timeout: 180_000 };
    const { status, stdout, stderr } = spawnSync(command, args, options);
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const install = (...what) =>
    run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--install-links=false', ...what);
  try {
    cpSync(join(root, 'tools/pack/consumer'), project, { recursive: true });
    writeToyAdapter(join(project, 'adapter'));
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    );
    const tools = ['typescript', '@types/node'].map((name) => `${name}@${versions[name]}`);
    install(...tarballs, ...tools, './adapter');
    for (const step of steps) console.log(run(...step));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** Our own tests read it from source; an outsider would not have that condition, and would publish its output. */
function writeToyAdapter(adapter) {
  const toy = join(root, 'tools/toy-ring');
  const manifest = JSON.parse(readFileSync(join(toy, 'package.json'), 'utf8'));
  cpSync(join(toy, 'src'), join(adapter, 'src'), {
    recursive: true,
    filter: (file) => !file.includes('.test.'),
  });
  const face = (name) => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });
  const exports = { '.': face('ring'), './gateway': face('ring'), './peer': face('peer') };
  writeFileSync(join(adapter, 'package.json'), JSON.stringify({ ...manifest, exports }));
  const { compilerOptions } = JSON.parse(readFileSync(join(toy, 'tsconfig.json'), 'utf8'));
  const built = { ...compilerOptions, customConditions: [], noEmit: false, declaration: true };
  writeFileSync(
    join(adapter, 'tsconfig.build.json'),
    JSON.stringify({ compilerOptions: { ...built, rootDir: 'src', outDir: 'dist' }, include: ['src'] }),
  );
}

tryIn([
  ['npx', '--no-install', 'tsc', '--project', 'adapter/tsconfig.build.json'],
  ['npx', '--no-install', 'tsc'],
  ['node', 'out/consumer.js'],
  ['npx', '--no-install', 'failover', '--version'],
  ['node', 'out/outsider.js'],
]);
