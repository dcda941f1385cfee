// The packed tarballs in an empty project, as a user has them: install, type-check, run.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const packed = join(root, '.cache/packed');
const versions = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

const tarballs = readdirSync(packed, { recursive: true })
  .filter((file) => file.endsWith('.tgz'))
  .map((file) => join(packed, file));
if (tarballs.length === 0) throw new Error('nothing is packed: run it as `nx run failover:consumer`');

/** A fresh folder with the given sources, where the tarballs are all there is of us. */
function tryIn(source, steps) {
  const project = mkdtempSync(join(tmpdir(), 'failover-consumer-'));
  const run = (command, ...args) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: project,
      encoding: 'utf8',
      timeout: 180_000,
    });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  try {
    cpSync(source, project, { recursive: true, filter: (file) => !file.includes('node_modules') });
    const manifest = join(project, 'package.json');
    if (!existsSync(manifest)) {
      writeFileSync(manifest, JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    }
    const tools = ['typescript', '@types/node'].map((name) => `${name}@${versions[name]}`);
    run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--save-dev', ...tarballs, ...tools);
    for (const step of steps) console.log(run(...step));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

tryIn(join(root, 'tools/pack/consumer'), [
  ['npx', '--no-install', 'tsc'],
  ['node', 'out/consumer.js'],
  ['npx', '--no-install', 'failover', '--version'],
]);
