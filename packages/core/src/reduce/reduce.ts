import type {
  Observation,
  ServerDescription,
  Target,
  TargetDescription,
  TargetId,
  TopologyDescription,
} from '../model/index.ts';
import { noClaim, withServer, withTarget } from '../model/index.ts';
import type { ClaimStep } from './claim.ts';
import { expireLeases, nameSuccessor, openDomain, weighClaim, withdrawClaim } from './claim.ts';
import { isIn, moveTo } from './failover-state.ts';
import type { ReduceLimits } from './limits.ts';
import { seeMembers } from './membership.ts';
import type { Reduction } from './reduction.ts';
import { andThen, changed, settleTarget, unchanged } from './reduction.ts';
import { applyServer } from './server-to-target.ts';
import { availabilityNews, suspect } from './suspicion.ts';

/**
 * The second fold: what was observed becomes what is believed. Pure, total, and the same object back if nothing
 * changed, at the same cost with 3 servers and with 10,000.
 */
export function reduce(
  topology: TopologyDescription,
  observation: Observation,
  now: number,
  limits: ReduceLimits,
): Reduction {
  switch (observation.type) {
    case 'serverAnswered':
    case 'serverSilent':
    case 'serverFailed': {
      const before = topology.servers.get(observation.server);
      if (before === undefined) return unchanged(topology);
      return replaceServer(topology, before, suspect(before, observation, limits), now);
    }
    case 'roundTripSeen': {
      const { server, roundTripMs } = observation;
      const before = topology.servers.get(server);
      // A witness serves nobody, so that nobody asks how near it is.
      if (before?.kind !== 'data' || before.roundTripMs === roundTripMs) return unchanged(topology);
      return changed(withServer(topology, { ...before, roundTripMs }), []);
    }
    case 'conditionsSeen': {
      const before = topology.servers.get(observation.server);
      if (before === undefined) return unchanged(topology);
      const after = withConditions(before, observation.conditions);
      if (after === before) return unchanged(topology);
      return changed(withServer(topology, after), [
        { type: 'conditionsChanged', server: after.endpoint, conditions: after.conditions ?? [] },
      ]);
    }
    case 'roleSeen': {
      const before = topology.servers.get(observation.server);
      if (before === undefined) return unchanged(topology);
      if (before.role === observation.role && before.shard === observation.shard) return unchanged(topology);
      return replaceServer(
        topology,
        before,
        { ...before, role: observation.role, shard: observation.shard },
        now,
      );
    }
    case 'membersSeen': {
      const change = seeMembers(topology, observation);
      if (change === undefined) return unchanged(topology);
      return change.removed.reduce<Reduction>(
        (soFar, server) => andThen(soFar, (next) => applyToTargets(next, server, undefined, now)),
        changed({ ...topology, servers: change.servers }, change.news),
      );
    }
    case 'discoveryFailed':
      return changed(topology, [observation]);
    case 'targetSeen':
      return seeTarget(topology, observation.target, now);
    case 'targetGone':
      return dropTarget(topology, observation.target);
    case 'rangesSeen':
      return seeRanges(topology, observation);
    case 'successorNamed':
      return weigh(topology, observation.target, (target) => nameSuccessor(target, observation, now, limits));
    case 'claimSeen':
      return weigh(topology, observation.target, (target) => weighClaim(target, observation, now, limits));
    case 'claimWithdrawn':
      return weigh(topology, observation.target, (target) => withdrawClaim(target, observation, now));
    case 'epochDomainOpened':
      return weigh(topology, observation.target, (target) => openDomain(target, observation.epoch));
    case 'witnessesHeard':
      return hearWitnesses(topology, observation);
    case 'timePassed':
      return passTime(topology, now, limits);
  }
}

function withConditions(server: ServerDescription, seen: readonly string[]): ServerDescription {
  const { conditions = [], ...rest } = server;
  const sorted = [...new Set(seen)].sort();
  if (sorted.join('\n') === conditions.join('\n')) return server;
  return sorted.length === 0 ? rest : { ...rest, conditions: sorted };
}

function replaceServer(
  topology: TopologyDescription,
  before: ServerDescription,
  after: ServerDescription,
  now: number,
): Reduction {
  if (after === before) return unchanged(topology);
  const news = [...availabilityNews(before, after)];
  if (before.role !== after.role) {
    news.push({ type: 'roleChanged', server: after.endpoint, from: before.role, to: after.role });
  }
  return andThen(changed(withServer(topology, after), news), (next) =>
    applyToTargets(next, before, after, now),
  );
}

function applyToTargets(
  topology: TopologyDescription,
  before: ServerDescription,
  after: ServerDescription | undefined,
  now: number,
): Reduction {
  let result = unchanged(topology);
  for (const target of topology.targets.values()) {
    result = andThen(result, (next) => applyServer(next, target, before, after, now));
  }
  return result;
}

function weigh(
  topology: TopologyDescription,
  id: TargetId,
  step: (target: TargetDescription) => ClaimStep,
): Reduction {
  const before = topology.targets.get(id);
  if (before === undefined) return unchanged(topology);
  const { target, news, effects, reason } = step(before);
  return settleTarget(topology, before, target, reason, news, effects);
}

function seeTarget(topology: TopologyDescription, seen: Target, now: number): Reduction {
  if (topology.targets.has(seen.id)) return unchanged(topology);
  const fresh: TargetDescription = { ...seen, state: 'discovering', since: now, claim: noClaim, fence: 0 };
  let result = changed(withTarget(topology, fresh), []);
  if (seen.role === 'primary') return result;
  // Servers that were heard before anybody named their target.
  for (const server of topology.servers.values()) {
    const target = result.topology.targets.get(seen.id) ?? fresh;
    result = andThen(result, (next) => applyServer(next, target, server, server, now));
  }
  return result;
}

function seeRanges(
  topology: TopologyDescription,
  seen: Extract<Observation, { readonly type: 'rangesSeen' }>,
): Reduction {
  const before = topology.targets.get(seen.target);
  if (before === undefined || String(before.ranges) === String(seen.ranges)) return unchanged(topology);
  return changed(withTarget(topology, { ...before, ranges: seen.ranges }), [
    { type: 'rangesChanged', target: seen.target, ranges: seen.ranges },
  ]);
}

function dropTarget(topology: TopologyDescription, id: TargetId): Reduction {
  if (!topology.targets.has(id)) return unchanged(topology);
  const targets = new Map(topology.targets);
  targets.delete(id);
  return changed(
    { ...topology, targets },
    [],
    [{ type: 'forgetTarget', target: id, reason: `${id} is gone` }],
  );
}

function hearWitnesses(
  topology: TopologyDescription,
  heard: Extract<Observation, { readonly type: 'witnessesHeard' }>,
): Reduction {
  const before = topology.targets.get(heard.target);
  if (before === undefined) return unchanged(topology);
  const isSame = before.witnesses?.heard === heard.heard && before.witnesses.of === heard.of;
  if (isSame) return unchanged(topology);
  const had = before.witnesses === undefined || before.witnesses.heard * 2 > before.witnesses.of;
  const has = heard.heard * 2 > heard.of;
  const after = withTarget(topology, { ...before, witnesses: { heard: heard.heard, of: heard.of } });
  return changed(after, had === has ? [] : [{ ...heard, type: has ? 'majoritySeen' : 'minoritySeen' }]);
}

function passTime(topology: TopologyDescription, now: number, limits: ReduceLimits): Reduction {
  let result = unchanged(topology);
  for (const id of topology.targets.keys()) {
    result = andThen(result, (next) => weigh(next, id, (target) => expireLeases(target, now, limits)));
    result = andThen(result, (next) => giveUp(next, id, now, limits));
  }
  return result;
}

function giveUp(topology: TopologyDescription, id: TargetId, now: number, limits: ReduceLimits): Reduction {
  const target = topology.targets.get(id);
  if (target === undefined || !isIn(target, 'discovering', 'suspect', 'failing-over'))
    return unchanged(topology);
  if (now < target.since + limits.giveUpMs) return unchanged(topology);
  return settleTarget(
    topology,
    target,
    moveTo(target, 'unavailable', now),
    `nobody to use for ${limits.giveUpMs} ms (was ${target.state})`,
  );
}

/** When `timePassed` will next change something; undefined if nothing is waiting for time. */
export function nextWake(topology: TopologyDescription, limits: ReduceLimits): number | undefined {
  let next = Infinity;
  for (const target of topology.targets.values()) {
    if (target.successor !== undefined) next = Math.min(next, target.successor.leaseEndsAt);
    if (target.claim.type === 'provisional' && limits.disabledGuard !== 'provisional-lease') {
      next = Math.min(next, target.claim.leaseEndsAt);
    }
    if (isIn(target, 'discovering', 'suspect', 'failing-over'))
      next = Math.min(next, target.since + limits.giveUpMs);
  }
  return next === Infinity ? undefined : next;
}
