import type { Ms, Observation } from '@failover/core';
import { compareEpoch } from '@failover/core';
import { sentinelEpoch } from '../epoch.ts';
import { confirm } from './claims.ts';
import { isComplete, membersOf } from './membership.ts';
import type { Heard, SentinelState } from './sentinel-state.ts';
import { isFenced, primaryOf } from './sentinel-state.ts';
import { isMaster } from './servers.ts';
import type { Majority, Tally } from './tally.ts';
import { tally } from './tally.ts';

/** Counts the voices anew and tells what changed by it. */
export function count(state: SentinelState, now: Ms): Heard {
  const counted = tally(state.witnesses, state.domains, state.configured);
  const observations: Observation[] = [];
  let next = tellWitnesses(state, counted, observations);
  next = tellMembers(next, counted, observations);
  const believed = counted.majority ?? (mayStartWithMinority(next) ? counted.minority : undefined);
  if (believed !== undefined) next = follow(next, believed, now, observations);
  const isBack = next.hasMajority && !state.hasMajority;
  if (isBack || next.naming !== state.naming) observations.push(...confirm(next));
  return [next, observations];
}

function tellWitnesses(state: SentinelState, counted: Tally, observations: Observation[]): SentinelState {
  const { heard, of } = counted;
  const hasMajority = heard * 2 > of;
  // While the first answers come in, a minority is no news.
  if (!hasMajority && !areAllHeard(state) && state.told.heard < 0) return state;
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

function areAllHeard(state: SentinelState): boolean {
  return (
    state.witnesses.size >= state.configured &&
    [...state.witnesses.values()].every((witness) => witness.hasVerdict)
  );
}

/** A process that starts while most Sentinels are gone serves, if the user allows it, and says so. */
function mayStartWithMinority(state: SentinelState): boolean {
  return state.naming === undefined && state.onMinority === 'allow' && areAllHeard(state);
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
  const settled = { ...rest, domains, naming: { server, epoch } };
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

/** New Sentinels may have waited for just this server's own word. */
export function recount(state: SentinelState, now: Ms): Heard {
  const { majority } = tally(state.witnesses, state.domains, state.configured);
  if (majority?.isNewDomain !== true) return [state, []];
  const observations: Observation[] = [];
  return [follow(state, majority, now, observations), observations];
}
