import type { Ms } from '@failover/core';
import type { ListedNode } from '../replies.ts';
import type { NodeViews } from './node-views.ts';
import { isAlias, myself } from './node-views.ts';
import type { Shards } from './shards.ts';

/** ms: a shard that is emptied may be filled again, and nodes are told one after the other to forget one of them. */
export const partingMs = 5000;

/** Nodes without a part in the cluster, by their ids: since when. */
export type Parting = ReadonlyMap<string, Ms>;

/**
 * Who has no part in the cluster any more: no node that was heard names it, or it is of a shard that none of them gives
 * slots. Only the cluster's own nodes are asked, so that one that was reset, or was forgotten itself, says nothing of
 * others; and while most of them cannot be heard nobody is judged.
 *
 * @returns the same map if nothing changed
 */
export function seeParting(parting: Parting, shards: Shards, views: NodeViews, now: Ms): Parting {
  const voters = votersOf(shards, views);
  const named = namedBy(voters);
  const without = new Map<string, Ms>();
  if (areMost(voters, named, shards)) {
    const serving = servingIn(voters, shards);
    for (const [id, shard] of shards) {
      if (!serving.has(shard) || !named.has(id)) without.set(id, parting.get(id) ?? now);
    }
  }
  const isSame = without.size === parting.size && [...without.keys()].every((id) => parting.has(id));
  return isSame ? parting : without;
}

/** A node that none of the cluster's own names is no part of it, whatever it says of itself. */
export function isStranger(id: string, shards: Shards, views: NodeViews): boolean {
  if (shards.has(id)) return false;
  const voters = votersOf(shards, views);
  return voters.size > 0 && !namedBy(voters).has(id);
}

/** When the first of them is to be forgotten. */
export function nextParting(parting: Parting): Ms | undefined {
  return parting.size === 0 ? undefined : Math.min(...parting.values()) + partingMs;
}

/** @returns the same map if nobody is to be forgotten yet */
export function withoutParted(shards: Shards, parting: Parting, now: Ms): Shards {
  const parted = [...parting].filter(([, since]) => now >= since + partingMs);
  if (parted.length === 0) return shards;
  const left = new Map(shards);
  for (const [id] of parted) left.delete(id);
  return left;
}

type Voters = ReadonlyMap<string, readonly ListedNode[]>;

/** What the nodes say that have a part themselves, by their ids: they serve or follow, and another one names them. */
function votersOf(shards: Shards, views: NodeViews): Voters {
  const candidates = new Map<string, readonly ListedNode[]>();
  for (const [server, nodes] of views) {
    const own = myself(nodes);
    if (own === undefined || !shards.has(own.id) || isAlias(views, server)) continue;
    if (own.slots.length > 0 || own.follows !== undefined) candidates.set(own.id, nodes);
  }
  const named = new Set<string>();
  for (const nodes of candidates.values()) {
    for (const { id, isMyself } of nodes) if (!isMyself) named.add(id);
  }
  return new Map([...candidates].filter(([id]) => named.has(id)));
}

/** All whom they list, themselves too. */
function namedBy(voters: Voters): ReadonlySet<string> {
  const named = new Set<string>();
  for (const nodes of voters.values()) for (const { id } of nodes) named.add(id);
  return named;
}

function areMost(voters: Voters, named: ReadonlySet<string>, shards: Shards): boolean {
  const known = [...named].filter((id) => shards.has(id));
  return voters.size * 2 > known.length;
}

function servingIn(voters: Voters, shards: Shards): ReadonlySet<string> {
  const serving = new Set<string>();
  for (const nodes of voters.values()) {
    for (const { id, slots } of nodes) {
      const shard = shards.get(id);
      if (slots.length > 0 && shard !== undefined) serving.add(shard);
    }
  }
  return serving;
}
