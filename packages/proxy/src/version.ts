import { readFileSync } from 'node:fs';

/** Our own version, from the package that this file is installed with. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  }
).version;
