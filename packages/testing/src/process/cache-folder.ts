import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was fetched stays for the next run. */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'failover');
}
