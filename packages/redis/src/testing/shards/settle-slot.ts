import type { EndpointId, Runtime } from '@failover/core';
import { connectResp } from '../resp-client.ts';
import { TestbedError } from '../testbed.ts';
import { must, type Ask } from './ask.ts';
import { migrateKeys } from './reshard.ts';
import { ownerOf, type Claimant, type SlotDispute } from './slot-dispute.ts';
import { countKeys, keysIn } from './slot-keys.ts';

/** How a dispute ended. */
export interface SettledSlot {
  readonly slot: number;
  readonly owner: EndpointId;
  /** How many keys it has now. Of a slot that had some, 0 means that a node deleted them when it heard of another owner. */
  readonly keys: number;
  /** Keys that another node had too: its value is gone, the owner's stays. */
  readonly dropped: readonly DroppedKey[];
}

export interface DroppedKey {
  readonly key: string;
  readonly from: EndpointId;
}

interface Holder extends Claimant {
  readonly keys: number;
}

/**
 * Ends a dispute as `redis-cli --cluster fix` does: one primary gets the slot with all its keys and the newest epoch,
 * and all primaries are told.
 * @throws TestbedError if no primary runs, or a node refuses a step
 */
export async function settleSlot(
  runtime: Runtime,
  ask: Ask,
  { slot, claimants }: SlotDispute,
  password?: string,
): Promise<SettledSlot> {
  const holders = await Promise.all(
    claimants.map(async (claimant): Promise<Holder> => ({
      ...claimant,
      keys: await countKeys(ask, claimant.node, slot),
    })),
  );
  const owner = ownerOf(holders);
  if (owner === undefined) throw new TestbedError(`slot ${slot}: no primary runs`);
  const others = holders.filter((holder) => holder !== owner);

  // First: a node deletes the keys of a slot that it thinks its own as soon as it hears of a newer owner, unless it
  // imports the slot.
  for (const { node, keys, claims } of others) {
    await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'STABLE');
    if (keys === 0) continue;
    if (claims) await must(ask, node, 'CLUSTER', 'DELSLOTS', slot);
    await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'NODE', owner.id);
    await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner.id);
  }
  await must(ask, owner.node, 'CLUSTER', 'SETSLOT', slot, 'STABLE');
  await must(ask, owner.node, 'CLUSTER', 'SETSLOT', slot, 'NODE', owner.id);
  // Replicas cannot be told: they believe the newest word.
  await must(ask, owner.node, 'CLUSTER', 'BUMPEPOCH');

  const dropped: DroppedKey[] = [];
  for (const { node, keys } of others) {
    if (keys > 0) {
      for (const key of await keysOfBoth(ask, slot, node, owner.node)) {
        await deleteImported(runtime, node, key, password);
        dropped.push({ key: key.toString(), from: node });
      }
      await migrateKeys(ask, { slot, from: node, to: owner.node }, undefined, password);
      await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'STABLE');
    }
    await must(ask, node, 'CLUSTER', 'SETSLOT', slot, 'NODE', owner.id);
  }
  return { slot, owner: owner.node, keys: await countKeys(ask, owner.node, slot), dropped };
}

async function keysOfBoth(
  ask: Ask,
  slot: number,
  node: EndpointId,
  owner: EndpointId,
): Promise<readonly Buffer[]> {
  const both: Buffer[] = [];
  for (const bytes of await keysIn(ask, node, slot, await countKeys(ask, node, slot))) {
    const key = Buffer.from(bytes);
    const reply = await must(ask, owner, 'EXISTS', key);
    if (reply.type === 'integer' && Number(reply.value) > 0) both.push(key);
  }
  return both;
}

/** A node that imports a slot knows its keys only behind `ASKING`. */
async function deleteImported(
  runtime: Runtime,
  node: EndpointId,
  key: Buffer,
  password: string | undefined,
): Promise<void> {
  const client = connectResp(runtime, node, password);
  try {
    await Promise.all([
      client.send(['ASKING']),
      must((_, ...command) => client.send(command), node, 'DEL', key),
    ]);
  } finally {
    client.close();
  }
}
