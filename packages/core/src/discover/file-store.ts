import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Member } from '../model/index.ts';
import { endpoint } from '../model/index.ts';
import type { TopologyStore } from './topology-store.ts';

/** Last known members in one JSON file, replaced as a whole, so that a crash leaves the old or the new one. */
export function fileStore(path: string): TopologyStore {
  let turn: Promise<void> = Promise.resolve();
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
        throw error;
      }
      return parseMembers(text, path);
    },
    save(members) {
      // One after the other: two writers of one temporary file would mix.
      turn = turn
        .catch(() => undefined)
        .then(async () => {
          await mkdir(dirname(path), { recursive: true });
          await writeFile(`${path}.new`, `${JSON.stringify(members, undefined, 2)}\n`);
          await rename(`${path}.new`, path);
        });
      return turn;
    },
  };
}

function parseMembers(text: string, path: string): readonly Member[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) throw new TypeError(`${path} holds no list of members: delete it`);
  return parsed.map((each: unknown): Member => {
    const isMember = typeof each === 'object' && each !== null && 'endpoint' in each && 'kind' in each;
    if (!isMember || typeof each.endpoint !== 'string' || (each.kind !== 'data' && each.kind !== 'witness')) {
      throw new TypeError(`${path} holds ${JSON.stringify(each)}, which is no member: delete it`);
    }
    return { endpoint: endpoint(each.endpoint), kind: each.kind };
  });
}
