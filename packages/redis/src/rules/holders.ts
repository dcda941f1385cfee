import type { EndpointId, Ms, Observation } from '@failover/core';
import { targetId } from '@failover/core';
import { clusterEpoch } from '../epoch.ts';
import type { ListedNode } from '../replies.ts';
import { isAlias } from './node-views.ts';
import type { NodesHeard, NodesState } from './nodes-state.ts';

/** What it says of itself makes it primary of its shard, or not. */
export function claim(state: NodesState, server: EndpointId, own: ListedNode, openedAt: Ms): NodesHeard {
  const shard = state.shards.get(own.id);
  if (shard === undefined || isAlias(state.views, server)) return [state, []];
  const holder = state.holders.get(shard);
  const [left, leaving] = leave(state, server, own.follows === undefined ? shard : undefined, shard);
  if (own.follows !== undefined) return [left, leaving];
  // Without slots it is no primary of anything, unless it was and they were moved away.
  if (own.slots.length === 0 && holder?.server !== server) return [left, leaving];
  const ground = { type: 'confirmed', epoch: clusterEpoch(own.epoch) } as const;
  const told = [
    ...leaving,
    { type: 'claimSeen', target: targetId(shard, 'primary'), server, ground, openedAt } as const,
  ];
  const isOlder = holder !== undefined && own.epoch < holder.epoch && holder.server !== server;
  const isKnown =
    holder?.server === server && holder.epoch === own.epoch && String(holder.slots) === String(own.slots);
  if (isOlder || isKnown) return [left, told];
  const { id, epoch, slots } = own;
  return [{ ...left, holders: new Map(left.holders).set(shard, { id, server, epoch, slots }) }, told];
}

/** It is primary of no other shard than `stays`. One that it left for `shard` has no slots any more. */
function leave(state: NodesState, server: EndpointId, stays: string | undefined, shard: string): NodesHeard {
  let left: NodesHeard = [state, []];
  for (const [held, holder] of state.holders) {
    if (holder.server !== server || held === stays) continue;
    left = withdraw(left[0], left[1], held, server, 'it says that it is a replica');
    if (held === shard) continue;
    const holders = new Map(left[0].holders).set(held, {
      ...holder,
      id: '',
      server: undefined,
      slots: [],
    });
    left = [{ ...left[0], holders }, left[1]];
  }
  return left;
}

/** It is primary of this shard no more. */
export function withdraw(
  state: NodesState,
  before: readonly Observation[],
  shard: string,
  server: EndpointId,
  reason: string,
): NodesHeard {
  const told = [
    ...before,
    { type: 'claimWithdrawn', target: targetId(shard, 'primary'), server, reason } as const,
  ];
  const holder = state.holders.get(shard);
  if (holder?.server !== server) return [state, told];
  // The shard has its slots as before: its next primary says so, or one of a higher epoch that they went.
  const holders = new Map(state.holders).set(shard, { ...holder, id: '', server: undefined });
  return [{ ...state, holders }, told];
}
