import type { EndpointId, HashRange, Ms, Observation, Report } from '@failover/core';
import { target, targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { clusterEpoch } from '../epoch.ts';
import type { ListedNode, RedisReply } from '../replies.ts';
import type { NodeViews } from './node-views.ts';
import { isAlias, listingOf, myself } from './node-views.ts';
import type { Parting } from './parting.ts';
import { isStranger, nextParting, seeParting, withoutParted } from './parting.ts';
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
  readonly parting: Parting;
  readonly told: { readonly members: string; readonly ranges: ReadonlyMap<string, string> };
}

interface Holder {
  readonly id: string;
  /** Undefined once it says that it is not primary. */
  readonly server: EndpointId | undefined;
  readonly epoch: number;
  /** What it said that it serves: it stays true when it cannot be heard any more, until a higher epoch has it. */
  readonly slots: readonly HashRange[];
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
    parting: new Map(),
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
    const [heard, observations] = hearNodes(state, server, report.reply.nodes, report.openedAt);
    if (heard === state) return [heard, observations];
    const [left, parted] = partFrom(heard, namesOf(state.shards), now);
    return [left, [...observations, ...parted]];
  }
  if (report.type === 'said' && report.reply.type === 'errorReply' && report.reply.code === 'MOVED') {
    return [state, nameSuccessor(state, server, report.reply.text, now)];
  }
  if (report.type !== 'said' && state.views.has(server)) {
    const views = new Map(state.views);
    views.delete(server);
    return hearRole({ ...state, views }, report, now);
  }
  return hearRole(state, report, now);
}

/** Time passed: who had no part for long enough is forgotten. */
export const passTimeOfNodes = (state: NodesState, now: Ms): Heard =>
  partFrom(state, namesOf(state.shards), now);

/** When time will next change something. */
export const wakeOfNodes = ({ parting }: NodesState): Ms | undefined => nextParting(parting);

/** A primary that sends a client away within its own shard was replaced, and says by whom: that one is asked at once. */
function nameSuccessor(state: NodesState, server: EndpointId, text: string, now: Ms): readonly Observation[] {
  const [, , at] = text.split(' ');
  const shard = shardOf(state, server);
  const holder = shard === undefined ? undefined : state.holders.get(shard);
  const successor = [...state.views.keys()].find((each) => each === at);
  if (shard === undefined || successor === undefined || holder?.server !== server) return [];
  if (successor === server || shardOf(state, successor) !== shard) return [];
  return [
    {
      type: 'successorNamed',
      target: targetId(shard, 'primary'),
      server: successor,
      namedAt: now,
      above: clusterEpoch(holder.epoch),
      by: server,
    },
  ];
}

/** What it says of its own role, and what its silence or an error of the data path says. */
function hearRole(state: NodesState, report: Report<RedisReply>, now: Ms): Heard {
  const server = report.member.endpoint;
  const shard = shardOf(state, server);
  if (shard === undefined && report.type === 'said') return leaveShard(state, server);
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

/** It says of itself what it did before, and is of no shard any more: it serves nobody. */
function leaveShard(state: NodesState, server: EndpointId): Heard {
  const own = myself(state.views.get(server));
  const told = state.servers.get(server)?.told;
  if (own === undefined || state.shards.has(own.id) || told === undefined) return [state, []];
  const servers = new Map(state.servers);
  servers.delete(server);
  return [{ ...state, servers }, [{ type: 'roleSeen', server, shard: state.name, role: 'unknown' }]];
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
  const holder = state.holders.get(shard);
  if (holder?.server !== server) return [state, told];
  // The shard has its slots as before: its next primary says so, or one of a higher epoch that they went.
  const holders = new Map(state.holders).set(shard, { ...holder, id: '', server: undefined });
  return [{ ...state, holders }, told];
}

function hearNodes(state: NodesState, server: EndpointId, nodes: readonly ListedNode[], openedAt: Ms): Heard {
  const own = myself(nodes);
  if (own === undefined) return [state, []];
  const before = state.views.get(server);
  const isNews = before !== nodes && JSON.stringify(before) !== JSON.stringify(nodes);
  const seen = isNews ? { ...state, views: new Map(state.views).set(server, nodes) } : state;
  if (isStranger(own.id, seen.shards, seen.views)) return [seen, []];
  const shards = isNews ? learnShards(state.shards, nodes, state.name, holderIds(state)) : state.shards;
  const observations: Observation[] = [
    ...tellShards(state.shards, shards),
    ...tellMove(state, { ...seen, shards }, server, own),
  ];
  const [claimed, claims] = claim({ ...seen, shards }, server, own, openedAt);
  observations.push(...claims);
  if (!isNews && claimed.holders === state.holders) return [state, observations];
  const [listed, members] = tellMembers(claimed);
  const [ranged, ranges] = claimed.holders === state.holders ? [listed, []] : tellRanges(listed);
  return [ranged, [...observations, ...members, ...ranges]];
}

/** Forgets who had no part for long enough. A shard is gone with the last of its nodes, whether that moved or parted. */
function partFrom(state: NodesState, before: ReadonlySet<string>, now: Ms): Heard {
  const parting = seeParting(state.parting, state.shards, state.views, now);
  const shards = withoutParted(state.shards, parting, now);
  const after = namesOf(shards);
  const gone = [...before].filter((shard) => !after.has(shard));
  const holders = new Map([...state.holders].filter(([shard]) => after.has(shard)));
  if (shards === state.shards && holders.size === state.holders.size && gone.length === 0)
    return [parting === state.parting ? state : { ...state, parting }, []];
  const ranges = new Map([...state.told.ranges].filter(([shard]) => after.has(shard)));
  // Who is heard on says it again, as a stranger.
  const views = new Map(
    [...state.views].filter(([, nodes]) => {
      const id = myself(nodes)?.id ?? '';
      return shards.has(id) || !state.shards.has(id);
    }),
  );
  const left: NodesState = {
    ...state,
    shards,
    views,
    holders,
    parting: new Map([...parting].filter(([id]) => shards.has(id))),
    told: { ...state.told, ranges },
  };
  const [listed, members] = tellMembers(left);
  // What it served in our memory may be another's now.
  const [ranged, served] = tellRanges(listed);
  const targets = gone.flatMap((shard) =>
    (['primary', 'replica'] as const).map(
      (role) => ({ type: 'targetGone', target: targetId(shard, role) }) as const,
    ),
  );
  return [ranged, [...members, ...targets, ...served]];
}

const namesOf = (shards: Shards): ReadonlySet<string> => new Set(shards.values());

const holderIds = ({ holders }: NodesState): ReadonlyMap<string, string> =>
  new Map([...holders].map(([shard, { id }]) => [shard, id]));

function tellShards(before: Shards, after: Shards): readonly Observation[] {
  if (after === before) return [];
  const known = new Set(before.values());
  return [...new Set(after.values())]
    .filter((shard) => !known.has(shard))
    .flatMap((shard) =>
      (['primary', 'replica'] as const).map((role) => ({ type: 'targetSeen', target: target(shard, role) })),
    );
}

/** A replica that migrated to another shard is a replica as before, so its role alone would not tell it. */
function tellMove(
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

function claim(state: NodesState, server: EndpointId, own: ListedNode, openedAt: Ms): Heard {
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
function leave(state: NodesState, server: EndpointId, stays: string | undefined, shard: string): Heard {
  let left: Heard = [state, []];
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

function tellMembers(state: NodesState): Heard {
  const { members, isFresh } = listingOf(state.views, state.shards);
  const key = `${isFresh} ${members.map(({ endpoint }) => endpoint).join(' ')}`;
  if (members.length === 0 || key === state.told.members) return [state, []];
  return [
    { ...state, told: { ...state.told, members: key } },
    [{ type: 'membersSeen', source: 'cluster', isFresh, members }],
  ];
}

function tellRanges(state: NodesState): Heard {
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
