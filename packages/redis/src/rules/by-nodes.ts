import type { EndpointId, Ms, Observation, Report } from '@failover/core';
import { target, targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { clusterEpoch } from '../epoch.ts';
import type { ListedNode, RedisReply } from '../replies.ts';
import type { NodeViews } from './node-views.ts';
import { isAlias, listingOf, myself } from './node-views.ts';
import { rangesOf } from './ranges.ts';
import type { Servers } from './servers.ts';
import { hearServer } from './servers.ts';
import type { Shards } from './shards.ts';
import { learnShards } from './shards.ts';

/** What is known of a Redis Cluster: each of its shards elects for itself. */
export interface NodesState {
  readonly type: 'nodes';
  readonly name: string;
  readonly staleReplicaMs: number;
  readonly servers: Servers;
  readonly views: NodeViews;
  readonly shards: Shards;
  /** The primary of each shard that claimed with the highest config epoch. */
  readonly holders: ReadonlyMap<string, Holder>;
  readonly told: { readonly members: string; readonly ranges: ReadonlyMap<string, string> };
}

interface Holder {
  readonly server: EndpointId;
  readonly epoch: number;
}

export function initNodes(config: RedisConfig): NodesState {
  return {
    type: 'nodes',
    name: config.name,
    staleReplicaMs: config.staleReplicaMs,
    servers: new Map(),
    views: new Map(),
    shards: new Map(),
    holders: new Map(),
    told: { members: '', ranges: new Map() },
  };
}

type Heard = readonly [NodesState, readonly Observation[]];

/**
 * Follows the elections of a Redis Cluster. A node that was elected says so itself, with a config epoch that the
 * majority of the primaries gave it and that is higher than any before, so its own word with that number is enough.
 */
export function stepNodes(state: NodesState, report: Report<RedisReply>, now: Ms): Heard {
  const server = report.member.endpoint;
  if (report.type === 'said' && report.reply.type === 'clusterNodes') {
    return hearNodes(state, server, report.reply.nodes, report.openedAt);
  }
  if (report.type !== 'said' && state.views.has(server)) {
    const views = new Map(state.views);
    views.delete(server);
    return hearRole({ ...state, views }, report, now);
  }
  return hearRole(state, report, now);
}

/** What it says of its own role, and what its silence or an error of the data path says. */
function hearRole(state: NodesState, report: Report<RedisReply>, now: Ms): Heard {
  const server = report.member.endpoint;
  const shard = shardOf(state, server);
  if (shard === undefined && report.type === 'said') return [state, []];
  const heard = hearServer(state.servers, report, {
    shard: shard ?? state.name,
    staleReplicaMs: state.staleReplicaMs,
    now,
  });
  const next = heard.servers === state.servers ? state : { ...state, servers: heard.servers };
  return heard.demotedBy === undefined || shard === undefined
    ? [next, heard.observations]
    : withdraw(next, heard.observations, shard, server, heard.demotedBy);
}

function shardOf(state: NodesState, server: EndpointId): string | undefined {
  const own = isAlias(state.views, server) ? undefined : myself(state.views.get(server));
  return own === undefined ? undefined : state.shards.get(own.id);
}

function withdraw(
  state: NodesState,
  before: readonly Observation[],
  shard: string,
  server: EndpointId,
  reason: string,
): Heard {
  const told = [
    ...before,
    { type: 'claimWithdrawn', target: targetId(shard, 'primary'), server, reason } as const,
  ];
  if (state.holders.get(shard)?.server !== server) return [state, told];
  const holders = new Map(state.holders);
  holders.delete(shard);
  return [{ ...state, holders }, told];
}

function hearNodes(state: NodesState, server: EndpointId, nodes: readonly ListedNode[], openedAt: Ms): Heard {
  const own = myself(nodes);
  if (own === undefined) return [state, []];
  const isNews = JSON.stringify(state.views.get(server)) !== JSON.stringify(nodes);
  const seen = isNews ? { ...state, views: new Map(state.views).set(server, nodes) } : state;
  const shards = isNews ? learnShards(state.shards, nodes, state.name) : state.shards;
  const observations: Observation[] = [];
  for (const shard of new Set(shards.values())) {
    if ([...state.shards.values()].includes(shard)) continue;
    for (const role of ['primary', 'replica'] as const) {
      observations.push({ type: 'targetSeen', target: target(shard, role) });
    }
  }
  const [claimed, claims] = claim({ ...seen, shards }, server, own, openedAt);
  observations.push(...claims);
  if (!isNews && claimed.holders === state.holders) return [state, observations];
  const [listed, members] = tellMembers(claimed);
  const [ranged, ranges] = tellRanges(listed);
  return [ranged, [...observations, ...members, ...ranges]];
}

function claim(state: NodesState, server: EndpointId, own: ListedNode, openedAt: Ms): Heard {
  const shard = state.shards.get(own.id);
  if (shard === undefined || isAlias(state.views, server)) return [state, []];
  const holder = state.holders.get(shard);
  if (own.follows !== undefined) {
    return holder?.server === server
      ? withdraw(state, [], shard, server, 'it says that it is a replica')
      : [state, []];
  }
  // Without slots it is no primary of anything, unless it was and they were moved away.
  if (own.slots.length === 0 && holder?.server !== server) return [state, []];
  const ground = { type: 'confirmed', epoch: clusterEpoch(own.epoch) } as const;
  const told = [{ type: 'claimSeen', target: targetId(shard, 'primary'), server, ground, openedAt } as const];
  const isOlder = holder !== undefined && own.epoch < holder.epoch && holder.server !== server;
  const isKnown = holder?.server === server && holder.epoch === own.epoch;
  if (isOlder || isKnown) return [state, told];
  return [{ ...state, holders: new Map(state.holders).set(shard, { server, epoch: own.epoch }) }, told];
}

function tellMembers(state: NodesState): Heard {
  const { members, isFresh } = listingOf(state.views);
  const key = `${isFresh} ${members.map(({ endpoint }) => endpoint).join(' ')}`;
  if (members.length === 0 || key === state.told.members) return [state, []];
  return [
    { ...state, told: { ...state.told, members: key } },
    [{ type: 'membersSeen', source: 'cluster', isFresh, members }],
  ];
}

function tellRanges(state: NodesState): Heard {
  const claims = [...state.holders].flatMap(([shard, { server, epoch }]) => {
    const own = myself(state.views.get(server));
    return own === undefined ? [] : [{ shard, epoch, slots: own.slots }];
  });
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
