import type { EndpointId, Ms } from '@failover/core';

/** As `SENTINEL MASTER` words it. */
export type FailoverState =
  | 'none'
  | 'wait_start'
  | 'select_slave'
  | 'send_slaveof_noone'
  | 'wait_promotion'
  | 'reconf_slaves'
  | 'update_config';

/** One Sentinel's attempt to fail one master over. */
export interface Failover {
  readonly state: FailoverState;
  readonly changedAt: Ms;
  /** When it began, or when this Sentinel voted for another's, plus up to a second of chance. 0: never. */
  readonly startedAt: Ms;
  readonly epoch: number;
  /** `SENTINEL FAILOVER`: nobody is asked. */
  readonly isForced: boolean;
  readonly promoted: EndpointId | undefined;
}

/** For whom a Sentinel voted last, and in which epoch. */
export interface Vote {
  readonly leader: string | undefined;
  readonly epoch: number;
}

export const noFailover: Failover = {
  state: 'none',
  changedAt: 0,
  startedAt: 0,
  epoch: 0,
  isForced: false,
  promoted: undefined,
};

/** ms: chance that keeps Sentinels from starting at once. */
export const desyncMs = 1_000;
const maxElectionMs = 10_000;

export type Order =
  /** Tell listeners and the log. */
  | { readonly type: 'announce'; readonly event: string; readonly about: 'master' | 'promoted' }
  | { readonly type: 'promote' };

export interface FailoverStep {
  readonly failover: Failover;
  readonly orders: readonly Order[];
}

export interface ElectionView {
  /** Asked only while an election goes on: asking casts our own vote. */
  isLeader(): boolean;
  /** The best replica now. */
  chosen(): EndpointId | undefined;
  readonly isPromotedLinked: boolean;
  readonly failoverTimeoutMs: number;
}

/** Is it time to begin? Not again before twice the timeout, so that another Sentinel may try first. */
export function mayStart(
  failover: Failover,
  isObjectivelyDown: boolean,
  failoverTimeoutMs: number,
  now: Ms,
): boolean {
  if (!isObjectivelyDown || failover.state !== 'none') return false;
  return failover.startedAt === 0 || now - failover.startedAt >= failoverTimeoutMs * 2;
}

/** A new attempt in a new epoch. `chance` is in [0, 1). */
export function startFailover(epoch: number, isForced: boolean, chance: number, now: Ms): Failover {
  return {
    state: 'wait_start',
    changedAt: now,
    startedAt: now + Math.floor(chance * desyncMs),
    epoch,
    isForced,
    promoted: undefined,
  };
}

/**
 * One step of the attempt: at most one state a tick, as in Sentinel. From `wait_promotion` it goes on when the
 * replica says that it is master (`promoted`), from `reconf_slaves` when all replicas follow (`reconfigured`).
 */
export function failoverStep(failover: Failover, view: ElectionView, now: Ms): FailoverStep {
  const waitedMs = now - failover.changedAt;
  switch (failover.state) {
    case 'wait_start': {
      if (view.isLeader() || failover.isForced) {
        return go(failover, 'select_slave', now, [
          announce('+elected-leader', 'master'),
          announce('+failover-state-select-slave', 'master'),
        ]);
      }
      const electionMs = Math.min(maxElectionMs, view.failoverTimeoutMs);
      if (now - failover.startedAt <= electionMs) return { failover, orders: [] };
      return abort(failover, '-failover-abort-not-elected', now);
    }
    case 'select_slave': {
      const promoted = view.chosen();
      if (promoted === undefined) return abort(failover, '-failover-abort-no-good-slave', now);
      return go({ ...failover, promoted }, 'send_slaveof_noone', now, [
        announce('+selected-slave', 'promoted'),
        announce('+failover-state-send-slaveof-noone', 'promoted'),
      ]);
    }
    case 'send_slaveof_noone':
      if (view.isPromotedLinked) {
        return go(failover, 'wait_promotion', now, [
          { type: 'promote' },
          announce('+failover-state-wait-promotion', 'promoted'),
        ]);
      }
      return waitedMs > view.failoverTimeoutMs
        ? abort(failover, '-failover-abort-slave-timeout', now)
        : { failover, orders: [] };
    case 'wait_promotion':
      return waitedMs > view.failoverTimeoutMs
        ? abort(failover, '-failover-abort-slave-timeout', now)
        : { failover, orders: [] };
    case 'none':
    case 'reconf_slaves':
    case 'update_config':
      return { failover, orders: [] };
  }
}

/** The selected replica says that it is master. */
export function promoted(failover: Failover, now: Ms): FailoverStep {
  if (failover.state !== 'wait_promotion') return { failover, orders: [] };
  return go(failover, 'reconf_slaves', now, [
    announce('+promoted-slave', 'promoted'),
    announce('+failover-state-reconf-slaves', 'master'),
  ]);
}

/** All replicas that can be reached follow the new master, or their time is up. */
export function reconfigured(failover: Failover, now: Ms): FailoverStep {
  if (failover.state !== 'reconf_slaves') return { failover, orders: [] };
  return go(failover, 'update_config', now, [announce('+failover-end', 'master')]);
}

function go(failover: Failover, state: FailoverState, now: Ms, orders: readonly Order[]): FailoverStep {
  return { failover: { ...failover, state, changedAt: now }, orders };
}

function abort(failover: Failover, event: string, now: Ms): FailoverStep {
  const aborted: Failover = {
    ...failover,
    state: 'none',
    changedAt: now,
    isForced: false,
    promoted: undefined,
  };
  return { failover: aborted, orders: [announce(event, 'master')] };
}

function announce(event: string, about: 'master' | 'promoted'): Order {
  return { type: 'announce', event, about };
}

export interface Cast {
  readonly vote: Vote;
  readonly currentEpoch: number;
  readonly isCast: boolean;
}

/** One vote in each epoch, to whoever asks first. */
export function castVote(
  vote: Vote,
  currentEpoch: number,
  request: { readonly epoch: number; readonly leader: string },
): Cast {
  const epoch = Math.max(currentEpoch, request.epoch);
  const isCast = vote.epoch < request.epoch && epoch <= request.epoch;
  return { vote: isCast ? { leader: request.leader, epoch } : vote, currentEpoch: epoch, isCast };
}

/** Who has most votes of others in this epoch. The first counted wins a tie. */
export function frontRunner(votes: readonly Vote[], epoch: number): string | undefined {
  const counts = countVotes(votes, epoch);
  return [...counts].reduce<readonly [string, number] | undefined>(
    (best, entry) => (best === undefined || entry[1] > best[1] ? entry : best),
    undefined,
  )?.[0];
}

/** Who leads: more than half of all that can vote, and at least the quorum. */
export function electedLeader(
  votes: readonly Vote[],
  epoch: number,
  voters: number,
  quorum: number,
): string | undefined {
  const needed = Math.max(Math.floor(voters / 2) + 1, quorum);
  for (const [leader, count] of countVotes(votes, epoch)) if (count >= needed) return leader;
  return undefined;
}

function countVotes(votes: readonly Vote[], epoch: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { leader, epoch: of } of votes) {
    if (leader !== undefined && of === epoch) counts.set(leader, (counts.get(leader) ?? 0) + 1);
  }
  return counts;
}
