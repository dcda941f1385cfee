import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';

/** What the proxy takes from an adapter's package: its wire protocol, or its test cluster. */
export type Face = 'gateway' | 'testing';

export type Search =
  | { readonly type: 'found'; readonly file: string; readonly name: string }
  | { readonly type: 'notFound'; readonly tried: readonly string[] };

/** `.` and `/` start a path; everything else is a name. */
export function isPath(backend: string): boolean {
  return backend.startsWith('.') || isAbsolute(backend);
}

/** @example candidateNames('redis') // ['@failover/redis', 'failover-adapter-redis', 'redis'] */
export function candidateNames(backend: string): readonly string[] {
  return backend.startsWith('@') || backend.startsWith('failover-adapter-')
    ? [backend]
    : [`@failover/${backend}`, `failover-adapter-${backend}`, backend];
}

/** Looks for an adapter's face as seen from each folder in turn. Loads nothing. */
export function findModule(backend: string, face: Face, folders: readonly string[]): Search {
  const tried: string[] = [];
  if (isPath(backend)) {
    const path = resolve(folders[0] ?? '.', backend);
    const file = findInPath(path, face, tried);
    return file === undefined ? { type: 'notFound', tried } : { type: 'found', file, name: path };
  }
  for (const folder of new Set(folders)) {
    // Two-argument import.meta.resolve ignores its parent, so the folder is only heard this way.
    const require = createRequire(join(folder, 'package.json'));
    for (const name of candidateNames(backend)) {
      try {
        return { type: 'found', file: require.resolve(`${name}/${face}`), name };
      } catch (error) {
        tried.push(`${name}/${face} from ${folder}: ${whyNot(error)}`);
      }
    }
  }
  return { type: 'notFound', tried };
}

/** A file is the face itself; a folder is a package, which may look itself up by its own name. */
function findInPath(path: string, face: Face, tried: string[]): string | undefined {
  if (!existsSync(path)) {
    tried.push(`${path}: there is no such file or folder`);
    return undefined;
  }
  if (!statSync(path).isDirectory()) return path;
  const manifest = join(path, 'package.json');
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: unknown };
    return createRequire(manifest).resolve(`${String(name)}/${face}`);
  } catch (error) {
    tried.push(`${path}: ${existsSync(manifest) ? whyNot(error) : 'the folder has no package.json'}`);
    return undefined;
  }
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'MODULE_NOT_FOUND':
      return 'not installed';
    case 'ERR_PACKAGE_PATH_NOT_EXPORTED':
      return 'installed, but it exports no such face, so it is no adapter';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
