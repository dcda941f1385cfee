import type { Effect, Epoch, FailoverNews, Ms, Observation, TargetDescription } from '../model/index.ts';
import { claimHolder, compareEpoch, noClaim } from '../model/index.ts';
import { isIn, moveTo } from './failover-state.ts';
import type { ReduceLimits } from './limits.ts';

type ClaimSeen = Extract<Observation, { readonly type: 'claimSeen' }>;
type ClaimWithdrawn = Extract<Observation, { readonly type: 'claimWithdrawn' }>;
type SuccessorNamed = Extract<Observation, { readonly type: 'successorNamed' }>;

/** A target after a claim was weighed. `target` is the same object if nothing changed. */
export interface ClaimStep {
  readonly target: TargetDescription;
  readonly news: readonly FailoverNews[];
  readonly effects: readonly Effect[];
  readonly reason: string;
}

function keep(target: TargetDescription): ClaimStep {
  return { target, news: [], effects: [], reason: '' };
}

function steady(target: TargetDescription, now: Ms): TargetDescription {
  return isIn(target, 'discovering', 'suspect', 'failing-over', 'unavailable')
    ? moveTo(target, 'steady', now)
    : target;
}

function failingOver(target: TargetDescription, now: Ms): TargetDescription {
  return isIn(target, 'steady', 'suspect', 'unavailable') ? moveTo(target, 'failing-over', now) : target;
}

function fenceHolder(target: TargetDescription, reason: string): readonly Effect[] {
  const holder = claimHolder(target.claim);
  return holder === undefined ? [] : [{ type: 'fenceLeases', target: target.id, server: holder, reason }];
}

function withoutSuccessor(target: TargetDescription): TargetDescription {
  const { successor: _gone, ...rest } = target;
  return rest;
}

/** The backend chose who takes over: new operations wait from now on, what is in flight goes on. */
export function nameSuccessor(
  target: TargetDescription,
  seen: SuccessorNamed,
  now: Ms,
  limits: ReduceLimits,
): ClaimStep {
  const isKnown =
    claimHolder(target.claim) === seen.server ||
    target.successor?.server === seen.server ||
    (target.withdrawnAt !== undefined && seen.namedAt <= target.withdrawnAt);
  if (isKnown) return keep(target);
  const successor = {
    server: seen.server,
    namedAt: seen.namedAt,
    leaseEndsAt: now + limits.claimLeaseMs,
    above: seen.above,
  };
  return {
    target: failingOver({ ...target, successor }, now),
    news: [{ type: 'successorNamed', target: target.id, server: seen.server, by: seen.by }],
    effects: [],
    reason: `${seen.by} chose ${seen.server}`,
  };
}

export function weighClaim(
  target: TargetDescription,
  seen: ClaimSeen,
  now: Ms,
  limits: ReduceLimits,
): ClaimStep {
  return seen.ground.type === 'confirmed'
    ? weighConfirmed(target, seen, seen.ground.epoch, now, limits)
    : weighProvisional(target, seen, seen.ground.namedAt, now, limits);
}

function weighConfirmed(
  target: TargetDescription,
  seen: ClaimSeen,
  epoch: readonly number[],
  now: Ms,
  limits: ReduceLimits,
): ClaimStep {
  const order = target.epoch === undefined ? 1 : compareEpoch(epoch, target.epoch);
  if (order < 0 && target.epoch !== undefined && limits.disabledGuard !== 'epoch') {
    const isRepeat = target.stale?.server === seen.server && compareEpoch(target.stale.epoch, epoch) === 0;
    if (isRepeat) return keep(target);
    return {
      target: { ...target, stale: { server: seen.server, epoch } },
      news: [{ type: 'staleEvidence', target: target.id, server: seen.server, epoch, newest: target.epoch }],
      effects: [],
      reason: 'stale evidence',
    };
  }
  const holder = claimHolder(target.claim);
  if (holder === seen.server) {
    // The old primary repeats itself while another was chosen: no reason to go back to it before that choice lapses.
    if (target.successor !== undefined && !isAboveChoice(target, epoch)) return keep(target);
    const isNew = order > 0 || target.claim.type === 'provisional';
    if (!isNew && target.state === 'steady') return keep(target);
    const claim = { type: 'confirmed', server: seen.server, epoch } as const;
    return {
      target: steady(isNew ? { ...withoutSuccessor(target), claim, epoch } : target, now),
      news: isNew
        ? [{ type: 'claimAccepted', target: target.id, server: seen.server, strength: 'confirmed', epoch }]
        : [],
      effects: [],
      reason: `${seen.server} is primary`,
    };
  }
  if (order === 0 && target.claim.type === 'confirmed') {
    return withdraw(target, `${seen.server} claims the same epoch as ${target.claim.server}`, now);
  }
  // The epoch that was confirmed before the provisional claim, told again: that is what a failover looks like.
  const isChosen = target.claim.type === 'provisional' || target.successor !== undefined;
  if (isChosen && !isAboveChoice(target, epoch)) return keep(target);
  return accept(target, seen, { type: 'confirmed', server: seen.server, epoch }, now);
}

/**
 * Is a confirmed claim newer than the choice under way? The witnesses may have named an epoch whose holder died
 * before it could confirm it to us: when it comes back with that epoch, it is still older than its successor.
 */
function isAboveChoice(target: TargetDescription, epoch: Epoch): boolean {
  const provisional = target.claim.type === 'provisional' ? target.claim.above : undefined;
  return [target.epoch, target.successor?.above, provisional].every(
    (known) => known === undefined || compareEpoch(epoch, known) > 0,
  );
}

function weighProvisional(
  target: TargetDescription,
  seen: ClaimSeen,
  namedAt: Ms,
  now: Ms,
  limits: ReduceLimits,
): ClaimStep {
  if (claimHolder(target.claim) === seen.server) {
    if (target.state === 'steady') return keep(target);
    return { target: steady(target, now), news: [], effects: [], reason: `${seen.server} is primary` };
  }
  const isOver = target.withdrawnAt !== undefined && namedAt <= target.withdrawnAt;
  // Confirm before drain: an answer on a connection from before the choice may be an old one.
  const isUnproven = seen.openedAt < namedAt && limits.disabledGuard !== 'confirm-before-drain';
  if (isOver || isUnproven) return keep(target);
  return accept(
    target,
    seen,
    {
      type: 'provisional',
      server: seen.server,
      namedAt,
      leaseEndsAt: now + limits.claimLeaseMs,
      above: target.successor?.server === seen.server ? target.successor.above : target.epoch,
    },
    now,
  );
}

function accept(
  target: TargetDescription,
  seen: ClaimSeen,
  claim: Exclude<TargetDescription['claim'], { readonly type: 'none' }>,
  now: Ms,
): ClaimStep {
  const epoch = claim.type === 'confirmed' ? claim.epoch : target.epoch;
  const reason = `${seen.server} took over`;
  return {
    target: steady(
      {
        ...withoutSuccessor(target),
        claim,
        fence: target.fence + 1,
        ...(epoch === undefined ? {} : { epoch }),
      },
      now,
    ),
    news: [
      {
        type: 'claimAccepted',
        target: target.id,
        server: seen.server,
        strength: claim.type,
        ...(claim.type === 'confirmed' ? { epoch: claim.epoch } : {}),
      },
    ],
    effects: fenceHolder(target, reason),
    reason,
  };
}

/** Takes the claim away from its holder: its connections close, its unanswered operations end as unknown. */
function withdraw(target: TargetDescription, reason: string, now: Ms): ClaimStep {
  const holder = claimHolder(target.claim);
  if (holder === undefined) return keep(target);
  return {
    target: failingOver({ ...target, claim: noClaim, fence: target.fence + 1, withdrawnAt: now }, now),
    news: [{ type: 'claimWithdrawn', target: target.id, server: holder, reason }],
    effects: fenceHolder(target, reason),
    reason,
  };
}

export function withdrawClaim(target: TargetDescription, seen: ClaimWithdrawn, now: Ms): ClaimStep {
  if (claimHolder(target.claim) === seen.server) return withdraw(target, seen.reason, now);
  if (target.successor?.server !== seen.server) return keep(target);
  return dropSuccessor(target, seen.reason, now);
}

function dropSuccessor(target: TargetDescription, reason: string, now: Ms): ClaimStep {
  if (target.successor === undefined) return keep(target);
  return {
    target: { ...withoutSuccessor(target), withdrawnAt: now },
    news: [{ type: 'claimWithdrawn', target: target.id, server: target.successor.server, reason }],
    effects: [],
    reason,
  };
}

/** Ends what lives on a lease. */
export function expireLeases(target: TargetDescription, now: Ms, limits: ReduceLimits): ClaimStep {
  if (target.successor !== undefined && target.successor.leaseEndsAt <= now) {
    return dropSuccessor(target, `chosen, but not primary within ${limits.claimLeaseMs} ms`, now);
  }
  const isLapsed = target.claim.type === 'provisional' && target.claim.leaseEndsAt <= now;
  if (!isLapsed || limits.disabledGuard === 'provisional-lease') return keep(target);
  return withdraw(target, `not confirmed within ${limits.claimLeaseMs} ms`, now);
}

/** The witnesses were replaced: their numbers start again, above all that came before. */
export function openDomain(target: TargetDescription, epoch: readonly number[]): ClaimStep {
  if (target.epoch !== undefined && compareEpoch(epoch, target.epoch) <= 0) return keep(target);
  return {
    target,
    news: [{ type: 'epochDomainOpened', target: target.id, epoch }],
    effects: [],
    reason: 'new epoch domain',
  };
}
