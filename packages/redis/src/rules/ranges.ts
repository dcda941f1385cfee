import type { HashRange } from '@failover/core';
import { slotCount } from '../protocol/key-slot.ts';

/** What one primary says of itself. */
export interface SlotClaim {
  readonly shard: string;
  readonly epoch: number;
  readonly slots: readonly HashRange[];
}

/**
 * Which slots each shard serves. While a slot changes hands two primaries may say that it is theirs: the higher
 * config epoch has it (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/, "Hash slots
 * configuration propagation").
 */
export function rangesOf(claims: readonly SlotClaim[]): ReadonlyMap<string, readonly HashRange[]> {
  const owners = new Array<string | undefined>(slotCount);
  for (const { shard, slots } of [...claims].sort((a, b) => a.epoch - b.epoch)) {
    for (const [from, to] of slots) owners.fill(shard, from, to + 1);
  }
  const ranges = new Map<string, HashRange[]>(claims.map(({ shard }) => [shard, []]));
  let from = 0;
  for (let slot = 1; slot <= slotCount; slot += 1) {
    const owner = owners[from];
    if (slot < slotCount && owners[slot] === owner) continue;
    if (owner !== undefined) ranges.get(owner)?.push([from, slot - 1]);
    from = slot;
  }
  return ranges;
}
