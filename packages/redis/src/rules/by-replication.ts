import type { EndpointId, Ms, Observation, Report } from '@failover/core';
import { targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { replicationEpoch } from '../epoch.ts';
import type { RedisReply } from '../replies.ts';
import type { Servers } from './servers.ts';
import { hearServer, isMaster } from './servers.ts';

export interface ReplicationState {
  readonly type: 'replication';
  readonly name: string;
  readonly staleReplicaMs: number;
  readonly configured: readonly EndpointId[];
  readonly servers: Servers;
  /** Servers that were once seen to follow another, and whom. */
  readonly followed: ReadonlyMap<EndpointId, EndpointId>;
  readonly holder?: EndpointId;
  /** Who held last, also after it was withdrawn. */
  readonly last?: EndpointId;
  readonly sequence: number;
}

export function initReplication(config: RedisConfig): ReplicationState {
  return {
    type: 'replication',
    name: config.name,
    staleReplicaMs: config.staleReplicaMs,
    configured: config.servers.flatMap((each) => (each.type === 'address' ? [each.endpoint] : [])),
    servers: new Map(),
    followed: new Map(),
    sequence: -1,
  };
}

type Heard = readonly [ReplicationState, readonly Observation[]];

/** Follows who is primary where nobody elects: an operator or a script promotes, and we never do. */
export function stepReplication(state: ReplicationState, report: Report<RedisReply>, now: Ms): Heard {
  const heard = hearServer(state.servers, report, {
    shard: state.name,
    staleReplicaMs: state.staleReplicaMs,
    now,
  });
  const server = report.member.endpoint;
  const observations = [...heard.observations];
  let next = noteFollower(
    heard.servers === state.servers ? state : { ...state, servers: heard.servers },
    report,
  );
  const target = targetId(state.name, 'primary');
  if (heard.demotedBy !== undefined) {
    observations.push({ type: 'claimWithdrawn', target, server, reason: heard.demotedBy });
    if (next.holder === server) next = withoutHolder(next);
  }
  const elected = elect(next);
  if (elected !== undefined && elected !== next.holder) {
    next = { ...next, holder: elected, last: elected, sequence: next.sequence + 1 };
    observations.push(...claim(next, elected));
  } else if (heard.saysMaster && next.holder === server) {
    observations.push(...claim(next, server));
  }
  return [next, [...observations, ...nameSuccessor(state, next, report, now)]];
}

function claim(state: ReplicationState, server: EndpointId): readonly Observation[] {
  const belief = state.servers.get(server);
  if (!isMaster(belief)) return [];
  const ground = { type: 'confirmed', epoch: replicationEpoch(state.sequence) } as const;
  return [
    { type: 'claimSeen', target: targetId(state.name, 'primary'), server, ground, openedAt: belief.openedAt },
  ];
}

function noteFollower(state: ReplicationState, report: Report<RedisReply>): ReplicationState {
  const server = report.member.endpoint;
  const role = state.servers.get(server)?.role;
  if (role?.type !== 'slave' || role.primary === undefined || state.followed.get(server) === role.primary)
    return state;
  return { ...state, followed: new Map(state.followed).set(server, role.primary) };
}

function withoutHolder(state: ReplicationState): ReplicationState {
  const { holder: _gone, ...rest } = state;
  return rest;
}

/** A primary that was made a replica says of whom: that one is asked first. */
function nameSuccessor(
  before: ReplicationState,
  after: ReplicationState,
  report: Report<RedisReply>,
  now: Ms,
): readonly Observation[] {
  const isDemoted = before.holder === report.member.endpoint && after.holder === undefined;
  const role = after.servers.get(report.member.endpoint)?.role;
  const server = role?.type === 'slave' ? role.primary : undefined;
  if (!isDemoted || server === undefined || !after.configured.includes(server)) return [];
  const target = targetId(after.name, 'primary');
  return [{ type: 'successorNamed', target, server, namedAt: now, by: report.member.endpoint }];
}

/** Who may hold the claim now; `undefined` if nobody can be told from the others. */
function elect(state: ReplicationState): EndpointId | undefined {
  const { holder, last } = state;
  const masters = [...state.servers.keys()].filter((server) => isMaster(state.servers.get(server)));
  // It keeps the claim as long as it can be reached and says so, whoever else says so too.
  if (holder !== undefined && masters.includes(holder)) return holder;
  if (last === undefined) {
    const areAllHeard = state.configured.every((server) => state.servers.has(server));
    if (!areAllHeard) return undefined;
    return masters.length === 1 ? masters[0] : mostFollowed(state, masters);
  }
  // A restarted server says master too, with old data or none. One that followed the holder was promoted.
  const promoted = masters.filter((server) => server !== last && state.followed.get(server) === last);
  if (promoted.length === 1) return promoted[0];
  const choice = mostFollowed(state, promoted.length > 1 ? promoted : masters);
  if (choice !== undefined) return choice;
  // It held last, nobody else came, and it says again that it is master.
  return promoted.length === 0 && masters.length === 1 && masters[0] === last ? last : undefined;
}

/** The one that more servers follow than any other. Nobody on a tie: two halves must not both be written to. */
function mostFollowed(state: ReplicationState, masters: readonly EndpointId[]): EndpointId | undefined {
  const counts = masters.map((master) => {
    let followers = 0;
    for (const belief of state.servers.values()) {
      if (belief.isCurrent && belief.role?.type === 'slave' && belief.role.primary === master) followers += 1;
    }
    return { master, followers };
  });
  counts.sort((a, b) => b.followers - a.followers);
  const [first, second] = counts;
  if (first === undefined || first.followers === 0) return undefined;
  return first.followers === second?.followers ? undefined : first.master;
}
