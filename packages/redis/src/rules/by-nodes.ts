import type { EndpointId, Ms, Observation, Report } from '@failover/core';
import { targetId } from '@failover/core';
import { clusterEpoch } from '../epoch.ts';
import type { ListedNode, RedisReply } from '../replies.ts';
import { claim, withdraw } from './holders.ts';
import { myself } from './node-views.ts';
import type { NodesHeard, NodesState } from './nodes-state.ts';
import { shardOf } from './nodes-state.ts';
import { isStranger, nextParting, seeParting, withoutParted } from './parting.ts';
import { hearServer } from './servers.ts';
import type { Shards } from './shards.ts';
import { learnShards } from './shards.ts';
import { tellGone, tellMembers, tellMove, tellRanges, tellShards } from './tell-nodes.ts';

/**
 * Follows the elections of a Redis Cluster. A node that was elected says so itself, with a config epoch that the
 * majority of the primaries gave it and that is higher than any before, so its own word with that number is enough.
 */
export function stepNodes(state: NodesState, report: Report<RedisReply>, now: Ms): NodesHeard {
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
export const passTimeOfNodes = (state: NodesState, now: Ms): NodesHeard =>
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
function hearRole(state: NodesState, report: Report<RedisReply>, now: Ms): NodesHeard {
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
function leaveShard(state: NodesState, server: EndpointId): NodesHeard {
  const own = myself(state.views.get(server));
  const told = state.servers.get(server)?.told;
  if (own === undefined || state.shards.has(own.id) || told === undefined) return [state, []];
  const servers = new Map(state.servers);
  servers.delete(server);
  return [{ ...state, servers }, [{ type: 'roleSeen', server, shard: state.name, role: 'unknown' }]];
}

function hearNodes(
  state: NodesState,
  server: EndpointId,
  nodes: readonly ListedNode[],
  openedAt: Ms,
): NodesHeard {
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
function partFrom(state: NodesState, before: ReadonlySet<string>, now: Ms): NodesHeard {
  const parting = seeParting(state.parting, state.shards, state.views, now);
  const shards = withoutParted(state.shards, parting, now);
  const after = namesOf(shards);
  const gone = [...before].filter((shard) => !after.has(shard));
  if (shards === state.shards && gone.length === 0)
    return [parting === state.parting ? state : { ...state, parting }, []];
  const holders = new Map([...state.holders].filter(([shard]) => after.has(shard)));
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
  return [ranged, [...members, ...tellGone(gone), ...served]];
}

const namesOf = (shards: Shards): ReadonlySet<string> => new Set(shards.values());

const holderIds = ({ holders }: NodesState): ReadonlyMap<string, string> =>
  new Map([...holders].map(([shard, { id }]) => [shard, id]));
