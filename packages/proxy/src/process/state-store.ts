import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { endpoint, type Member, type TopologyStore } from '@failover/core';

/**
 * Last-known members in a file. It is replaced by a rename, so that a crash in the middle leaves the old one;
 * a file that cannot be read is no members, since it is a hint only.
 */
export function fileStore(file: string): TopologyStore {
  return {
    async load() {
      try {
        const { members } = JSON.parse(await readFile(file, 'utf8')) as { readonly members?: unknown };
        return Array.isArray(members) ? members.flatMap(toMember) : [];
      } catch {
        return [];
      }
    },
    async save(members) {
      await mkdir(dirname(file), { recursive: true });
      const next = `${file}.${process.pid}.next`;
      await writeFile(next, `${JSON.stringify({ version: 1, members }, null, 2)}\n`, { mode: 0o600 });
      await rename(next, file);
    },
  };
}

function toMember(value: unknown): readonly Member[] {
  if (typeof value !== 'object' || value === null) return [];
  const { endpoint: address, kind, zone } = value as Readonly<Record<string, unknown>>;
  if (typeof address !== 'string' || (kind !== 'data' && kind !== 'witness')) return [];
  try {
    return [{ endpoint: endpoint(address), kind, ...(typeof zone === 'string' ? { zone } : {}) }];
  } catch {
    return [];
  }
}
