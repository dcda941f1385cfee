import type { EndpointId, Epoch, Ms, Observation, Report, TargetId } from '@failover/core';
import { compareEpoch, target, targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { sentinelEpoch } from '../epoch.ts';
import type { RedisReply } from '../replies.ts';
import { isComplete, membersOf } from './membership.ts';
import type { Selection } from './selection.ts';
import { hearSelection, isLive } from './selection.ts';
import type { Servers } from './servers.ts';
import { hearServer, isMaster } from './servers.ts';
import type { Domains, Majority, Tally } from './tally.ts';
import { tally } from './tally.ts';
import type { Witness, Witnesses } from './witness.ts';
import { hearWitness } from './witness.ts';

/** What a majority of the Sentinels said last. It stands until another majority says otherwise. */
interface Naming {
  readonly server: EndpointId;
  readonly epoch: Epoch;
  readonly since: Ms;
}

export interface SentinelState {
  readonly type: 'sentinels';
  readonly name: string;
  readonly staleReplicaMs: number;
  readonly promotion: 'selected' | 'announced';
  readonly onMinority: 'allow' | 'fence';
  readonly configured: number;
  readonly witnesses: Witnesses;
  readonly servers: Servers;
  readonly domains: Domains;
  readonly hasMajority: boolean;
  readonly naming?: Naming;
  readonly selection?: Selection;
  readonly told: { readonly members: string; readonly heard: number; readonly of: number };
}

export function initSentinels(config: RedisConfig): SentinelState {
  return {
    type: 'sentinels',
    name: config.name,
    staleReplicaMs: config.staleReplicaMs,
    promotion: config.promotion,
    onMinority: config.onMinority,
    configured: config.sentinels.length,
    witnesses: new Map(),
    servers: new Map(),
    domains: new Map(),
    hasMajority: false,
    told: { members: '', heard: -1, of: -1 },
  };
}

type Heard = readonly [SentinelState, readonly Observation[]];

/** One report, weighed against all that the Sentinels and the servers said before. */
export function stepSentinels(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  return report.member.kind === 'witness' ? hearSentinel(state, report, now) : hearData(state, report, now);
}

function hearSentinel(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  const endpoint = report.member.endpoint;
  const before = state.witnesses.get(endpoint);
  const after = hearWitness(before, report, state.name);
  if (after === before) return abort(state, report);
  const [chosen, choice] = select(state, before, after, now);
  const next = { ...chosen, witnesses: new Map(chosen.witnesses).set(endpoint, after) };
  const [counted, news] = count(next, now);
  return [counted, [...choice, ...news]];
}

function select(state: SentinelState, before: Witness | undefined, after: Witness, now: Ms): Heard {
  if (state.promotion !== 'selected') return [state, []];
  const selection = hearSelection(state.selection, before, after, now);
  // The leader repeats its choice for a second after the majority followed it: that is no new failover.
  const isNews =
    selection !== undefined && selection !== state.selection && selection.server !== state.naming?.server;
  if (!isNews) return [state, []];
  const { server, namedAt, by } = selection;
  const observation = { type: 'successorNamed', target: primaryOf(state), server, namedAt, by } as const;
  return [{ ...state, selection }, isFenced(state) ? [] : [observation]];
}

/** Only who chose can call it off: another Sentinel that lost the election aborts only its own attempt. */
function abort(state: SentinelState, report: Report<RedisReply>): Heard {
  const { selection } = state;
  if (selection === undefined || report.type !== 'said' || report.reply.type !== 'sentinelEvent')
    return [state, []];
  const { event } = report.reply;
  const isOurs =
    event.type === 'failoverAborted' &&
    event.masterName === state.name &&
    report.member.endpoint === selection.by;
  return isOurs ? withdrawSelection(state, selection, event.reason) : [state, []];
}

function withdrawSelection(state: SentinelState, selection: Selection, reason: string): Heard {
  const { selection: _over, ...rest } = state;
  return [rest, [{ type: 'claimWithdrawn', target: primaryOf(state), server: selection.server, reason }]];
}

/** Counts the voices anew and tells what changed by it. */
function count(state: SentinelState, now: Ms): Heard {
  const counted = tally(state.witnesses, state.domains, state.configured);
  const observations: Observation[] = [];
  let next = tellWitnesses(state, counted, observations);
  next = tellMembers(next, counted, observations);
  if (counted.majority !== undefined) next = follow(next, counted.majority, now, observations);
  const isBack = next.hasMajority && !state.hasMajority;
  if (isBack || next.naming !== state.naming) observations.push(...confirm(next));
  return [next, observations];
}

function tellWitnesses(state: SentinelState, counted: Tally, observations: Observation[]): SentinelState {
  const { heard, of } = counted;
  const hasMajority = heard * 2 > of;
  // While the first answers come in, a minority is no news.
  const areAllHeard =
    state.witnesses.size >= state.configured &&
    [...state.witnesses.values()].every((witness) => witness.hasVerdict);
  if (!hasMajority && !areAllHeard && state.told.heard < 0) return state;
  if (heard !== state.told.heard || of !== state.told.of) {
    observations.push({ type: 'witnessesHeard', target: primaryOf(state), heard, of });
  }
  if (state.onMinority === 'fence' && state.hasMajority && !hasMajority) {
    const held = new Set([state.naming?.server, state.selection?.server]);
    for (const server of held) {
      const reason = `only ${heard} of ${of} Sentinels can be heard`;
      if (server !== undefined)
        observations.push({ type: 'claimWithdrawn', target: primaryOf(state), server, reason });
    }
  }
  return { ...state, hasMajority, told: { ...state.told, heard, of } };
}

function tellMembers(state: SentinelState, counted: Tally, observations: Observation[]): SentinelState {
  const members = membersOf(state.witnesses);
  // One Sentinel that was reset knows nobody for a while: that alone takes nobody off the list.
  const isFresh = counted.heard * 2 > counted.of && isComplete(state.witnesses);
  const key = `${isFresh} ${members.map((member) => member.endpoint).join(' ')}`;
  if (members.length === 0 || key === state.told.members) return state;
  observations.push({ type: 'membersSeen', source: 'sentinels', isFresh, members });
  const told = { ...state.told, members: key };
  if (!isFresh) return { ...state, told };
  const listed = new Set(members.map((member) => member.endpoint));
  return {
    ...state,
    told,
    servers: new Map([...state.servers].filter(([server]) => listed.has(server))),
    witnesses: new Map([...state.witnesses].filter(([server, { isHeard }]) => isHeard || listed.has(server))),
  };
}

/** Takes over what a majority says, unless an older word of theirs comes late. */
function follow(
  state: SentinelState,
  majority: Majority,
  now: Ms,
  observations: Observation[],
): SentinelState {
  const before = state.naming;
  const domain = Math.max(0, ...state.domains.values()) + (majority.isNewDomain ? 1 : 0);
  // New Sentinels are believed above all epochs before them only if the server itself agrees.
  if (majority.isNewDomain && !isMaster(state.servers.get(majority.server))) return state;
  const epoch = sentinelEpoch(domain, majority.configEpoch);
  const isSame = before?.server === majority.server && compareEpoch(before.epoch, epoch) === 0;
  if (!isSame && before !== undefined && compareEpoch(epoch, before.epoch) < 0) return state;
  const domains = majority.voters.every((id) => state.domains.get(id) === domain)
    ? state.domains
    : new Map([...state.domains, ...majority.voters.map((id) => [id, domain] as const)]);
  if (isSame) return domains === state.domains ? state : { ...state, domains };
  const target = primaryOf(state);
  const { server } = majority;
  if (majority.isNewDomain) observations.push({ type: 'epochDomainOpened', target, epoch });
  const { selection, ...rest } = state;
  const settled = { ...rest, domains, naming: { server, epoch, since: now } };
  // The first majority that we hear may be older than the choice.
  if (before === undefined && selection !== undefined && selection.server !== server)
    return { ...settled, selection };
  if (selection !== undefined && selection.server !== server) {
    const reason = `a majority of the Sentinels named ${server} after it`;
    observations.push({ type: 'claimWithdrawn', target, server: selection.server, reason });
  }
  const isTakeover = before !== undefined && before.server !== server && selection?.server !== server;
  if (isTakeover && !isMaster(state.servers.get(server)) && !isFenced(state)) {
    observations.push({
      type: 'successorNamed',
      target,
      server,
      namedAt: now,
      by: 'a majority of the Sentinels',
    });
  }
  return settled;
}

function hearData(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  const heard = hearServer(state.servers, report, {
    shard: state.name,
    staleReplicaMs: state.staleReplicaMs,
    now,
  });
  const observations = [...heard.observations];
  const server = report.member.endpoint;
  if (heard.demotedBy !== undefined) {
    observations.push({ type: 'claimWithdrawn', target: primaryOf(state), server, reason: heard.demotedBy });
  }
  const told = heard.servers === state.servers ? state : { ...state, servers: heard.servers };
  if (!heard.saysMaster) return [told, observations];
  const [next, news] = told.domains.size > 0 ? recount(told, now) : ([told, []] as const);
  observations.push(...news, ...confirm(next, server), ...provide(next, server, report.openedAt, now));
  return [next, observations];
}

/** New Sentinels may have waited for just this server's own word. */
function recount(state: SentinelState, now: Ms): Heard {
  const { majority } = tally(state.witnesses, state.domains, state.configured);
  if (majority?.isNewDomain !== true) return [state, []];
  const observations: Observation[] = [];
  return [follow(state, majority, now, observations), observations];
}

/** The majority's word and the server's own together. Told at each answer: core passes over what it knows. */
function confirm(state: SentinelState, only?: EndpointId): readonly Observation[] {
  const { naming } = state;
  if (naming === undefined || isFenced(state) || (only !== undefined && only !== naming.server)) return [];
  const server = state.servers.get(naming.server);
  if (!isMaster(server)) return [];
  return [
    {
      type: 'claimSeen',
      target: primaryOf(state),
      server: naming.server,
      ground: { type: 'confirmed', epoch: naming.epoch },
      openedAt: server.openedAt,
    },
  ];
}

/** The successor that was chosen says that it is primary, on a connection that was opened since. */
function provide(state: SentinelState, server: EndpointId, openedAt: Ms, now: Ms): readonly Observation[] {
  const { selection } = state;
  const isGround =
    isLive(selection, now) &&
    selection.server === server &&
    openedAt >= selection.namedAt &&
    !isFenced(state);
  if (!isGround) return [];
  const ground = { type: 'provisional', namedAt: selection.namedAt } as const;
  return [{ type: 'claimSeen', target: primaryOf(state), server, ground, openedAt }];
}

function isFenced(state: SentinelState): boolean {
  return state.onMinority === 'fence' && !state.hasMajority;
}

function primaryOf(state: SentinelState): TargetId {
  return targetId(state.name, 'primary');
}

/** Both targets of a name. */
export function targetsOf(name: string): readonly Observation[] {
  return (['primary', 'replica'] as const).map((role) => ({
    type: 'targetSeen',
    target: target(name, role),
  }));
}
