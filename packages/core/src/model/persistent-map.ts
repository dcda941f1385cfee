/**
 * A map that is never changed: `with` and `without` give a new one that shares all but one bucket with the old. So
 * one server of 10,000 costs microseconds to replace, where copying a Map costs a millisecond. Up to 64 entries it is
 * one bucket and keeps the order of insertion.
 */
export interface PersistentMap<K extends string, V> extends ReadonlyMap<K, V> {
  /** The same map if the value is the same object. */
  with(key: K, value: V): PersistentMap<K, V>;
  /** The same map if there is no such key. */
  without(key: K): PersistentMap<K, V>;
}

const bucketSize = 64;

type Buckets<K, V> = readonly ReadonlyMap<K, V>[];

export function persistentMap<K extends string, V>(): PersistentMap<K, V> {
  return new BucketMap<K, V>([new Map()], 0);
}

/** A class for once: ReadonlyMap asks for an iterator and seven members, which each copy would have to carry. */
class BucketMap<K extends string, V> implements PersistentMap<K, V> {
  readonly size: number;
  readonly #buckets: Buckets<K, V>;

  constructor(buckets: Buckets<K, V>, size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  get(key: K): V | undefined {
    return this.#bucketOf(key)?.get(key);
  }

  has(key: K): boolean {
    return this.#bucketOf(key)?.has(key) === true;
  }

  with(key: K, value: V): PersistentMap<K, V> {
    const bucket = this.#bucketOf(key);
    const isNew = bucket?.has(key) !== true;
    if (!isNew && bucket.get(key) === value) return this;
    if (isNew && this.size >= this.#buckets.length * bucketSize) return this.#grown().with(key, value);
    return this.#replaced(key, new Map(bucket).set(key, value), isNew ? 1 : 0);
  }

  without(key: K): PersistentMap<K, V> {
    const bucket = this.#bucketOf(key);
    if (bucket?.has(key) !== true) return this;
    const rest = new Map(bucket);
    rest.delete(key);
    return this.#replaced(key, rest, -1);
  }

  *entries(): MapIterator<[K, V]> {
    for (const bucket of this.#buckets) yield* bucket.entries();
  }

  *keys(): MapIterator<K> {
    for (const bucket of this.#buckets) yield* bucket.keys();
  }

  *values(): MapIterator<V> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(call: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) call(value, key, this);
  }

  #bucketOf(key: K): ReadonlyMap<K, V> | undefined {
    return this.#buckets[this.#buckets.length === 1 ? 0 : hash(key) & (this.#buckets.length - 1)];
  }

  #replaced(key: K, bucket: ReadonlyMap<K, V>, added: number): BucketMap<K, V> {
    const buckets = [...this.#buckets];
    buckets[hash(key) & (buckets.length - 1)] = bucket;
    return new BucketMap(buckets, this.size + added);
  }

  #grown(): BucketMap<K, V> {
    const buckets = Array.from({ length: this.#buckets.length * 4 }, () => new Map<K, V>());
    for (const [key, value] of this) buckets[hash(key) & (buckets.length - 1)]?.set(key, value);
    return new BucketMap(buckets, this.size);
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  return mixed >>> 0;
}
