import type { Seed } from '../discover/index.ts';
import { seed } from '../discover/index.ts';
import type { ConfigIssue } from '../errors.ts';

/** An address as people write it in a config. */
export type WrittenAddress = string | { readonly host: string; readonly port?: number | undefined };

/** Reads a list of seeds, each once. What is no address becomes an issue that names its place in the list. */
export function seedList(
  field: string,
  list: readonly WrittenAddress[] | undefined,
  defaultPort: number,
  issues: ConfigIssue[],
): readonly Seed[] {
  const found = new Map<string, Seed>();
  for (const [at, item] of (list ?? []).entries()) {
    const text =
      typeof item === 'string'
        ? item
        : `${bracketed(item.host)}${item.port === undefined ? '' : `:${item.port}`}`;
    try {
      const read = seed(text, defaultPort);
      found.set(JSON.stringify(read), read);
    } catch {
      const fix = `write host:port, for example 127.0.0.1:${defaultPort}`;
      issues.push({
        field: `${field}.${at}`,
        value: text.replace(/^.*@/, '(secret)@'),
        problem: 'is not an address',
        fix,
      });
    }
  }
  return [...found.values()];
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
