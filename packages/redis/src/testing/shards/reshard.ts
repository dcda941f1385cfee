import type { EndpointId } from '@failover/core';
import { TestbedError } from '../testbed.ts';
import { addressWords, must, type Ask } from './ask.ts';
import { shardOf } from './shard-view.ts';
import type { Shard } from './shard.ts';
import { countKeys, keysIn } from './slot-keys.ts';

/** One slot's way from the shard that has it to another. */
export interface SlotMove {
  readonly slot: number;
  readonly from: EndpointId;
  readonly fromId: string;
  readonly to: EndpointId;
  readonly toId: string;
  /** The other primaries. */
  readonly others: readonly EndpointId[];
}

/** Keys of one `MIGRATE`: it stands still for everybody else meanwhile. */
const keysAtOnce = 100;
/** ms that `MIGRATE` waits for the other node. */
const migrateMs = 4_000;

/**
 * Where the slot is now, and where it goes.
 * @throws TestbedError if it is nobody's
 */
export function planMove(shards: readonly Shard[], slot: number, to: EndpointId, toId: string): SlotMove {
  const owner = shardOf(shards, slot);
  if (owner === undefined) throw new TestbedError(`slot ${slot} has no agreed primary`);
  const others = shards.map(({ primary }) => primary).filter((node) => node !== to && node !== owner.primary);
  return { slot, from: owner.primary, fromId: owner.primaryId, to, toId, others };
}

export async function beginMove(ask: Ask, { slot, from, fromId, to, toId }: SlotMove): Promise<void> {
  // The new one first: from the other command on, clients are sent there.
  await must(ask, to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await must(ask, from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
}

/** Resolves with how many keys went. */
export async function migrateKeys(
  ask: Ask,
  { slot, from, to }: Pick<SlotMove, 'slot' | 'from' | 'to'>,
  count = Number.POSITIVE_INFINITY,
  password?: string,
): Promise<number> {
  const auth = password === undefined ? [] : ['AUTH', password];
  let moved = 0;
  while (moved < count) {
    const wanted = Math.min(keysAtOnce, count - moved);
    const keys = await keysIn(ask, from, slot, wanted);
    if (keys.length === 0) break;
    await must(ask, from, 'MIGRATE', ...addressWords(to), '', 0, migrateMs, ...auth, 'KEYS', ...keys);
    moved += keys.length;
  }
  return moved;
}

/** @throws TestbedError, and changes nothing, if keys are left where they were */
export async function endMove(ask: Ask, { slot, from, to, toId, others }: SlotMove): Promise<void> {
  // The old one would refuse, but only after the new one has taken the slot.
  if ((await countKeys(ask, from, slot)) > 0)
    throw new TestbedError(`${from} still has keys of slot ${slot}`);
  // The new one first: it raises its epoch, so that its word counts more than that of who still thinks otherwise.
  for (const node of [to, from, ...others]) await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
}
