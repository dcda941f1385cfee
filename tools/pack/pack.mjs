// Packs one package as npm would publish it and checks the tarball: `node tools/pack/pack.mjs packages/core`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const [dir] = process.argv.slice(2);
const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
const destination = join('.cache/packed', name);

// tsc never deletes the output of a source file that is gone; npm would publish it.
for (const file of readdirSync(join(dir, 'dist'), { recursive: true })) {
  const stem = file.match(/^(.*?)\.(js|d\.ts)(\.map)?$/)?.[1];
  if (stem !== undefined && !existsSync(join(dir, 'src', `${stem}.ts`))) rmSync(join(dir, 'dist', file));
}

rmSync(destination, { recursive: true, force: true });
mkdirSync(destination, { recursive: true });
const [packed] = Object.values(
  JSON.parse(
    execFileSync('npm', ['pack', `./${dir}`, '--json', '--pack-destination', destination], {
      encoding: 'utf8',
    }),
  ),
);
const tarball = join(destination, packed.filename);

const unwanted = packed.files.filter(({ path }) => /\.test\.|tsbuildinfo|\.config\./.test(path));
if (unwanted.length > 0) {
  throw new Error(
    `${name} would publish ${unwanted.map(({ path }) => path).join(', ')}: see "files" in its package.json`,
  );
}
for (const wanted of ['LICENSE', 'README.md']) {
  if (!packed.files.some(({ path }) => path === wanted))
    throw new Error(`${name} would be published without ${wanted}`);
}

const check = (tool, ...args) => {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', tool, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} refuses ${tarball}\n${stdout}${stderr}`);
};
check('publint', 'run', tarball, '--strict');
check('attw', tarball, '--profile', 'esm-only');
console.log(`${tarball}: ${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB`);
