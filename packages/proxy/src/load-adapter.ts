import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FailoverError, type Gateway } from '@failover/core';
import { isGateway, whyNoGateway } from './adapter/check-gateway.ts';
import { candidateNames, findModule, isPath, type Face } from './adapter/find-module.ts';

const ownFolder = dirname(fileURLToPath(import.meta.url));

/**
 * Loads one face of an adapter's package, by path or by name, as seen from `folder` and then from here.
 * @throws FailoverError `adapter-invalid` with all that was tried and the line that installs it
 */
export async function loadFace(backend: string, face: Face, folder: string): Promise<unknown> {
  const search = findModule(backend, face, [folder, ownFolder]);
  if (search.type === 'notFound') {
    throw new FailoverError('adapter-invalid', notFoundText(backend, face, search.tried));
  }
  try {
    return await import(pathToFileURL(search.file).href);
  } catch (cause) {
    // It is there and broken: to look further would hide that.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FailoverError('adapter-invalid', `${search.file} was found but cannot be loaded: ${reason}`, {
      cause,
    });
  }
}

/**
 * The gateway of a backend.
 * @throws FailoverError `adapter-invalid` if there is none, or if what is there does not keep the contract
 */
export async function loadAdapter(backend: string, folder: string): Promise<Gateway> {
  const module = await loadFace(backend, 'gateway', folder);
  const candidate: unknown =
    typeof module === 'object' && module !== null && 'gateway' in module ? module.gateway : undefined;
  if (isGateway(candidate)) return candidate;
  throw new FailoverError(
    'adapter-invalid',
    `"${backend}" is no adapter: ${whyNoGateway(candidate) ?? 'unknown'}`,
  );
}

function notFoundText(backend: string, face: Face, tried: readonly string[]): string {
  const cure = isPath(backend)
    ? 'Check the path: it is read from the folder of the config file.'
    : `Install it: npm install ${candidateNames(backend)[0] ?? backend}`;
  return [
    `no adapter "${backend}" (looked for its ${face}). Tried:`,
    ...tried.map((line) => `  ${line}`),
    cure,
  ].join('\n');
}
