import type { EndpointId } from '@failover/core';
import { slotCount } from '../../protocol/key-slot.ts';
import type { KnownNode } from './cluster-nodes.ts';
import { ownersIn, type ClusterView, type Owners } from './shard-view.ts';

/** A running primary in a dispute about one slot. */
export interface Claimant {
  readonly node: EndpointId;
  readonly id: string;
  /** It says itself that it has the slot. */
  readonly claims: boolean;
  /** By how many nodes it is named, itself included. */
  readonly votes: number;
  readonly epoch: number;
}

/** Running nodes name several owners of a slot, or its move was begun and not ended. */
export interface SlotDispute {
  readonly slot: number;
  readonly claimants: readonly Claimant[];
}

interface Table {
  readonly node: EndpointId;
  readonly own: KnownNode | undefined;
  /** Those that it calls failed too: what one has that does not run is in no dispute. */
  readonly owners: Owners;
}

/** All disputes. None about a slot that a node has which does not run: its replica comes first. */
export function slotDisputes(view: ClusterView): readonly SlotDispute[] {
  const tables = tablesIn(view);
  const primaries = tables.filter(({ own }) => own?.flags.has('master'));
  const ids = new Set(primaries.map(({ own }) => own?.id));
  const open = new Set(primaries.flatMap(({ own }) => own?.openSlots ?? []));
  const disputes: SlotDispute[] = [];
  for (let slot = 0; slot < slotCount; slot += 1) {
    const named = new Set(tables.map(({ owners }) => owners[slot]));
    if (named.size < 2 && !open.has(slot)) continue;
    if ([...named].some((id) => id !== undefined && !ids.has(id))) continue;
    disputes.push({ slot, claimants: primaries.map((primary) => claimantOf(primary, slot, tables)) });
  }
  return disputes;
}

/**
 * Whose the slot shall be: who has most keys of it, as with `redis-cli --cluster fix`; without any, who says so
 * itself, who is named by most, whose word is newest.
 */
export function ownerOf<C extends Claimant & { readonly keys: number }>(
  claimants: readonly C[],
): C | undefined {
  const rank = ({ keys, claims, votes, epoch }: C): readonly number[] => [keys, Number(claims), votes, epoch];
  return claimants.toSorted((a, b) => compare(rank(b), rank(a)))[0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, index) => each !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function claimantOf({ node, own }: Table, slot: number, tables: readonly Table[]): Claimant {
  const id = own?.id ?? '';
  const voters = tables.filter(({ owners }) => owners[slot] === id);
  return {
    ...{ node, id, claims: voters.some((voter) => voter.node === node) },
    ...{ votes: voters.length, epoch: own?.epoch ?? 0 },
  };
}

function tablesIn(view: ClusterView): readonly Table[] {
  return [...view].flatMap(([node, seen]) => {
    if (seen.type === 'none') return [];
    const { nodes } = seen;
    return [{ node, own: nodes.find(({ flags }) => flags.has('myself')), owners: ownersIn(nodes) }];
  });
}
