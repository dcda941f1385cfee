import type { Ms } from '@failover/core';

export type Entry = { expiresAt?: Ms | undefined } & (
  | { readonly type: 'string'; bytes: Buffer }
  | { readonly type: 'list'; readonly items: Buffer[] }
  | { readonly type: 'hash'; readonly fields: Map<string, Buffer> }
);

/** Keys and fields are bytes: latin1 keeps each byte as one character. */
export type Key = string;

export const keyOf = (bytes: Buffer | undefined): Key => bytes?.toString('latin1') ?? '';

/** One numbered database. */
export interface Keyspace {
  get(key: Key, now: Ms): Entry | undefined;
  set(key: Key, entry: Entry): void;
  remove(key: Key, now: Ms): boolean;
  /** Counts changes of a key, for WATCH. */
  version(key: Key, now: Ms): number;
  touch(key: Key): void;
  keys(now: Ms): readonly Key[];
  clear(): void;
}

export function createKeyspace(): Keyspace {
  const entries = new Map<Key, Entry>();
  const versions = new Map<Key, number>();
  /** Rises with each change of anything, so that no version comes twice. */
  let change = 0;

  const keyspace: Keyspace = {
    get(key, now) {
      const entry = entries.get(key);
      if (entry?.expiresAt === undefined || entry.expiresAt > now) return entry;
      entries.delete(key);
      keyspace.touch(key);
      return undefined;
    },
    set(key, entry) {
      entries.set(key, entry);
      keyspace.touch(key);
    },
    remove(key, now) {
      if (keyspace.get(key, now) === undefined) return false;
      entries.delete(key);
      keyspace.touch(key);
      return true;
    },
    version(key, now) {
      keyspace.get(key, now);
      return versions.get(key) ?? 0;
    },
    touch(key) {
      change += 1;
      versions.set(key, change);
    },
    keys: (now) => [...entries.keys()].filter((key) => keyspace.get(key, now) !== undefined),
    clear() {
      for (const key of entries.keys()) keyspace.touch(key);
      entries.clear();
    },
  };
  return keyspace;
}
