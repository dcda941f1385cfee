import { keySlot } from '../protocol/key-slot.ts';
import type { Shard } from '../testing/index.ts';

/** Keys of one shard, or of the others. */
export function keysOf(shard: Shard, isOfIt: boolean, count: number, prefix: string): readonly string[] {
  const keys: string[] = [];
  for (let at = 0; keys.length < count; at += 1) {
    const slot = keySlot(Buffer.from(`${prefix}${at}`));
    if (shard.slots.some(([from, to]) => slot >= from && slot <= to) === isOfIt) keys.push(`${prefix}${at}`);
  }
  return keys;
}
