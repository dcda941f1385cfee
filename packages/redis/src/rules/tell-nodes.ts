import type { EndpointId, Observation } from '@failover/core';
import { target, targetId } from '@failover/core';
import type { ListedNode } from '../replies.ts';
import { isAlias, listingOf } from './node-views.ts';
import type { NodesHeard, NodesState } from './nodes-state.ts';
import { rangesOf } from './ranges.ts';
import type { Shards } from './shards.ts';

const roles = ['primary', 'replica'] as const;

export function tellShards(before: Shards, after: Shards): readonly Observation[] {
  if (after === before) return [];
  const known = new Set(before.values());
  return [...new Set(after.values())]
    .filter((shard) => !known.has(shard))
    .flatMap((shard) => roles.map((role) => ({ type: 'targetSeen', target: target(shard, role) })));
}

export function tellGone(shards: readonly string[]): readonly Observation[] {
  return shards.flatMap((shard) =>
    roles.map((role) => ({ type: 'targetGone', target: targetId(shard, role) })),
  );
}

/** A replica that migrated to another shard is a replica as before, so its role alone would not tell it. */
export function tellMove(
  before: NodesState,
  after: NodesState,
  server: EndpointId,
  { id }: ListedNode,
): readonly Observation[] {
  const shard = after.shards.get(id);
  const role = after.servers.get(server)?.told;
  const isMoved = shard !== undefined && before.shards.has(id) && before.shards.get(id) !== shard;
  if (!isMoved || role === undefined || isAlias(after.views, server)) return [];
  return [{ type: 'roleSeen', server, shard, role }];
}

export function tellMembers(state: NodesState): NodesHeard {
  const { members, isFresh } = listingOf(state.views, state.shards);
  const key = `${isFresh} ${members.map(({ endpoint }) => endpoint).join(' ')}`;
  if (members.length === 0 || key === state.told.members) return [state, []];
  return [
    { ...state, told: { ...state.told, members: key } },
    [{ type: 'membersSeen', source: 'cluster', isFresh, members }],
  ];
}

export function tellRanges(state: NodesState): NodesHeard {
  const claims = [...state.holders].map(([shard, { epoch, slots }]) => ({ shard, epoch, slots }));
  const observations: Observation[] = [];
  const ranges = new Map(state.told.ranges);
  for (const [shard, slots] of rangesOf(claims)) {
    if (ranges.get(shard) === String(slots)) continue;
    ranges.set(shard, String(slots));
    observations.push({ type: 'rangesSeen', target: targetId(shard, 'primary'), ranges: slots });
  }
  return observations.length === 0
    ? [state, []]
    : [{ ...state, told: { ...state.told, ranges } }, observations];
}
