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
export function hearServer(servers: Servers, report: Report<RedisReply>, shard: string): ServerStep {
  const server = report.member.endpoint;
  const before = servers.get(server);
  if (report.type !== 'said') return loseServer(servers, report, before);
  const said = report.reply;
  const demoted = demotion(before, said);
  if (said.type !== 'role' && demoted.demotedBy === undefined) {
    return { servers, observations: [], saysMaster: false };
  }
  const role = said.type === 'role' ? said.role : undefined;
  const told = roleOf(role);
  const after: ServerBelief = {
    ...(role === undefined ? {} : { role: sameRole(before?.role, role) ? before.role : role }),
    openedAt: role === undefined && before !== undefined ? before.openedAt : report.openedAt,
    isCurrent: true,
    told,
  };
  return {
    servers: isSame(before, after) ? servers : new Map(servers).set(server, after),
    observations: told === before?.told ? [] : [{ type: 'roleSeen', server, shard, role: told }],
    saysMaster: role?.type === 'master',
    ...demoted,
  };
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
  const lost = { ...(before ?? { openedAt: report.openedAt }), isCurrent: false };
  return { ...kept, servers: new Map(servers).set(report.member.endpoint, lost) };
}

/** Does it say, as far as we know now, that it is master? */
export function isMaster(server: ServerBelief | undefined): server is ServerBelief {
  return server?.isCurrent === true && server.role?.type === 'master';
}

/** A replica that lost its primary serves what may be old: it is of no use until it is linked again. */
function roleOf(role: ServerRole | undefined): Role {
  if (role?.type === 'master') return 'primary';
  return role?.type === 'slave' && role.isLinked ? 'replica' : 'unknown';
}

function isSame(a: ServerBelief | undefined, b: ServerBelief): boolean {
  return (
    a !== undefined &&
    a.role === b.role &&
    a.openedAt === b.openedAt &&
    a.isCurrent === b.isCurrent &&
    a.told === b.told
  );
}

function sameRole(a: ServerRole | undefined, b: ServerRole): a is ServerRole {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
