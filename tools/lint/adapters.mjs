// The adapters of this repository, as their package.json describes them: a new one needs no change in tools/lint.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const packages = resolve(import.meta.dirname, '../../packages');

const outside = (dependencies = {}) =>
  Object.keys(dependencies).filter((name) => !name.startsWith('@failover/'));

/** dir, backend, the drivers (peers that are not ours), and what may be imported beside them. */
export const adapters = readdirSync(packages)
  .filter((name) => existsSync(join(packages, name, 'package.json')))
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) }))
  .filter(({ manifest }) => manifest.nx?.tags?.includes('type:adapter'))
  .map(({ name, manifest }) => ({
    dir: `packages/${name}`,
    backend: name,
    drivers: outside(manifest.peerDependencies).filter((peer) => peer !== 'rxjs'),
    dependencies: outside(manifest.dependencies),
    devDependencies: outside(manifest.devDependencies),
  }));
