import type { EndpointId, Ms, Observation, Report, Role } from '@failover/core';
import { isRoleRefusal } from '../classify.ts';
import type { RedisReply, ServerRole } from '../replies.ts';

/** What one server said of itself. Nothing that changes with each answer, so that most answers change nothing. */
export interface ServerBelief {
  /** Absent until it was asked, and again after it refused as a replica does: then only a new ROLE counts. */
  readonly role?: ServerRole;
  /** When the connection was opened on which it said so. */
  readonly openedAt: Ms;
  /** It said so after its last failure or silence. */
  readonly isCurrent: boolean;
  /** A replica that was linked once: since when its link to the primary is down. */
  readonly unlinkedAt?: Ms;
  readonly wasLinked: boolean;
  /** Its primary says that it is further behind than a reader may bear. */
  readonly isLagging?: boolean;
  /** What was told of it. */
  readonly told?: Role;
}

export type Servers = ReadonlyMap<EndpointId, ServerBelief>;

export interface ServerStep {
  readonly servers: Servers;
  readonly observations: readonly Observation[];
  /** This very report says that it is master. */
  readonly saysMaster: boolean;
  /** This very report ends what made it primary; why. */
  readonly demotedBy?: string;
}

/** Learns from one report about a server that holds data. */
export function hearServer(
  servers: Servers,
  report: Report<RedisReply>,
  about: { readonly shard: string; readonly staleReplicaMs: number; readonly now: Ms },
): ServerStep {
  const server = report.member.endpoint;
  const before = servers.get(server);
  if (report.type !== 'said') return loseServer(servers, report, before);
  const said = report.reply;
  const demoted = demotion(before, said);
  if (said.type !== 'role' && demoted.demotedBy === undefined) {
    return { servers, observations: [], saysMaster: false };
  }
  const role = said.type === 'role' ? said.role : undefined;
  const link = linkOf(before, role, about.now);
  const staleBefore = about.now - about.staleReplicaMs;
  const isLagging = role?.type === 'slave' && before?.isLagging === true;
  const told = roleOf(role, link, staleBefore, isLagging);
  const after: ServerBelief = {
    ...(role === undefined ? {} : { role: sameRole(before?.role, role) ? before.role : role }),
    openedAt: role === undefined && before !== undefined ? before.openedAt : report.openedAt,
    isCurrent: true,
    ...link,
    ...(isLagging ? { isLagging } : {}),
    told,
  };
  const heard = isSame(before, after) ? servers : new Map(servers).set(server, after);
  const judged = role?.type === 'master' ? judgeLag(heard, role, about.shard, staleBefore) : nobody(heard);
  return {
    servers: judged.servers,
    observations: [
      ...(told === before?.told
        ? []
        : [{ type: 'roleSeen', server, shard: about.shard, role: told } as const]),
      ...judged.observations,
    ],
    saysMaster: role?.type === 'master',
    ...demoted,
  };
}

interface Judged {
  readonly servers: Servers;
  readonly observations: readonly Observation[];
}

const nobody = (servers: Servers): Judged => ({ servers, observations: [] });

/** A primary tells how far each of its replicas has come: those too far behind serve nobody until they caught up. */
function judgeLag(
  servers: Servers,
  { replicas, lagging }: Extract<ServerRole, { readonly type: 'master' }>,
  shard: string,
  staleBefore: Ms,
): Judged {
  let judged = nobody(servers);
  for (const server of replicas) {
    const before = servers.get(server);
    const isLagging = lagging.includes(server);
    if (before?.role?.type !== 'slave' || (before.isLagging === true) === isLagging) continue;
    const role = roleOf(before.role, before, staleBefore, isLagging);
    judged = {
      servers: new Map(judged.servers).set(server, { ...before, isLagging, told: role }),
      observations: [...judged.observations, { type: 'roleSeen', server, shard, role }],
    };
  }
  return judged;
}

/** A replica that says again what it is ends nothing: it may be the chosen successor on its way up. */
function demotion(before: ServerBelief | undefined, said: RedisReply): { readonly demotedBy?: string } {
  if (said.type === 'errorReply' && isRoleRefusal(said.code) && before?.role?.type !== 'slave') {
    return { demotedBy: `it answered ${said.code}` };
  }
  const isDemoted = said.type === 'role' && said.role.type !== 'master' && before?.role?.type === 'master';
  return isDemoted ? { demotedBy: 'it says that it is a replica' } : {};
}

function loseServer(
  servers: Servers,
  report: Exclude<Report<RedisReply>, { readonly type: 'said' }>,
  before: ServerBelief | undefined,
): ServerStep {
  const kept = { servers, observations: [], saysMaster: false };
  // The end of an older connection says nothing about the one that answered since.
  if (before !== undefined && (!before.isCurrent || report.openedAt < before.openedAt)) return kept;
  const lost = { ...(before ?? { openedAt: report.openedAt, wasLinked: false }), isCurrent: false };
  return { ...kept, servers: new Map(servers).set(report.member.endpoint, lost) };
}

/** Does it say, as far as we know now, that it is master? */
export function isMaster(server: ServerBelief | undefined): server is ServerBelief {
  return server?.isCurrent === true && server.role?.type === 'master';
}

type Link = Pick<ServerBelief, 'unlinkedAt' | 'wasLinked'>;

function linkOf(before: ServerBelief | undefined, role: ServerRole | undefined, now: Ms): Link {
  if (role?.type === 'master' || (role?.type === 'slave' && role.isLinked)) return { wasLinked: true };
  return before?.wasLinked === true
    ? { wasLinked: true, unlinkedAt: before.unlinkedAt ?? now }
    : { wasLinked: false };
}

/**
 * A replica that lost its primary serves what it has for a while: a failover shall not stop readers. One that
 * never was linked has nothing to serve.
 */
function roleOf(role: ServerRole | undefined, link: Link, staleBefore: Ms, isLagging: boolean): Role {
  if (role?.type === 'master') return 'primary';
  if (role?.type !== 'slave' || !link.wasLinked || isLagging) return 'unknown';
  return link.unlinkedAt === undefined || link.unlinkedAt > staleBefore ? 'replica' : 'unknown';
}

function isSame(a: ServerBelief | undefined, b: ServerBelief): boolean {
  return (
    a !== undefined &&
    a.role === b.role &&
    a.openedAt === b.openedAt &&
    a.isCurrent === b.isCurrent &&
    a.unlinkedAt === b.unlinkedAt &&
    a.wasLinked === b.wasLinked &&
    a.isLagging === b.isLagging &&
    a.told === b.told
  );
}

function sameRole(a: ServerRole | undefined, b: ServerRole): a is ServerRole {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
