import type { EndpointId } from '@failover/core';
import { itemsOf, textOf } from '../../protocol/value.ts';
import { TestbedError } from '../testbed.ts';
import { must, type Ask } from './ask.ts';

/** How many keys of the slot a node has. */
export async function countKeys(ask: Ask, node: EndpointId, slot: number): Promise<number> {
  const reply = await must(ask, node, 'CLUSTER', 'COUNTKEYSINSLOT', slot);
  if (reply.type !== 'integer') throw new TestbedError(`${node} does not say how many keys slot ${slot} has`);
  return Number(reply.value);
}

/** Some of them, at most so many. */
export async function keysIn(
  ask: Ask,
  node: EndpointId,
  slot: number,
  count: number,
): Promise<readonly Uint8Array[]> {
  const reply = await must(ask, node, 'CLUSTER', 'GETKEYSINSLOT', slot, count);
  return (itemsOf(reply) ?? []).map((key) =>
    key.type === 'bulk' ? key.bytes : Buffer.from(textOf(key) ?? ''),
  );
}
