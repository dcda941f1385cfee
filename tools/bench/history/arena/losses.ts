import { portOf } from '@failover/core';
import type { SettledSlot } from '@failover/redis/testing';
import { keySlot } from '../../key-slot.ts';
import type { OwnedSuccession } from './arena.ts';

/**
 * What the servers lost, from their beginning until it was settled, of slots about which they did not agree. A node deletes
 * the keys of a slot that it thinks another's: all that was there is gone. Of a key that two nodes had, one value is.
 */
export function lossesOf(
  struckPort: number,
  settled: readonly SettledSlot[],
  roleAt: number,
): readonly OwnedSuccession[] {
  return settled.flatMap(({ slot, owner, keys, dropped }) => {
    const to = String(portOf(owner));
    if (keys === 0)
      return [{ from: String(struckPort), to, roleAt, owns: (key: string) => keySlot(key) === slot }];
    return dropped.map(({ key, from }) => ({
      ...{ from: String(portOf(from)), to, roleAt },
      owns: (other: string) => other === key,
    }));
  });
}
