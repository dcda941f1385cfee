import type { EndpointId, FailoverEvent, Ms, TargetId } from '../../model/index.ts';
import { isOpen, type Failover } from './failover.ts';
import { stepOf } from './step-of.ts';

/** The timelines of one cluster, the newest last, and who held each claim when last heard. */
export interface FailoverLog {
  readonly failovers: readonly Failover[];
  readonly holders: ReadonlyMap<TargetId, EndpointId>;
}

export const emptyFailoverLog: FailoverLog = { failovers: [], holders: new Map() };

/** So many are kept, with so many steps each: a target that flaps for a week costs no more than this. */
export const maxFailovers = 100;
export const maxSteps = 64;

/**
 * Folds one event into the timelines. The same object back if it belongs to none.
 *
 * Core tells the ground before the change of state (claim withdrawn, then state changed), so whichever comes
 * first opens the timeline.
 */
export function foldFailovers(log: FailoverLog, event: FailoverEvent): FailoverLog {
  switch (event.type) {
    case 'stateChanged': {
      const open = openFailover(log, event.target);
      if (event.from === 'steady' && open === undefined) return begin(log, event.target, event);
      if (open === undefined) return log;
      return amend(log, event.target, (failover) => settle(withStep(failover, event), event));
    }
    case 'successorNamed':
    case 'claimWithdrawn':
      if (openFailover(log, event.target) === undefined) return begin(log, event.target, event);
      return amend(log, event.target, (failover) => withStep(failover, event));
    case 'claimAccepted': {
      const holder = log.holders.get(event.target);
      const next = { ...log, holders: new Map(log.holders).set(event.target, event.server) };
      const isSilentSwitch = openFailover(log, event.target) === undefined && holder !== event.server;
      // A planned switch can be over before anything looked wrong.
      if (isSilentSwitch && holder !== undefined) {
        const begun = { ...begin(log, event.target, event), holders: next.holders };
        return amend(begun, event.target, (failover) => ({
          ...failover,
          to: event.server,
          result: 'switched',
        }));
      }
      return isSilentSwitch ? next : amend(next, event.target, (failover) => withStep(failover, event));
    }
    case 'staleEvidence':
    case 'firstDrained':
      return amend(log, event.target, (failover) => withStep(failover, event));
    case 'holdClosed':
      return amend(log, event.target, (failover) => ({
        ...withStep(failover, event),
        held: failover.held + event.held,
        drained: failover.drained + event.drained,
        refused: failover.refused + event.evicted,
        cancelled: failover.cancelled + event.cancelled,
      }));
    case 'outcomesUnknown':
      return amend(log, event.target, (failover) => ({
        ...failover,
        unknown: failover.unknown + event.count,
      }));
    case 'availabilityChanged': {
      const failovers = log.failovers.map((failover) =>
        isOpen(failover) && concerns(failover, event.server) ? withStep(failover, event) : failover,
      );
      return failovers.some((failover, at) => failover !== log.failovers[at]) ? { ...log, failovers } : log;
    }
    case 'memberAdded':
    case 'memberRemoved':
    case 'operationsResent':
    case 'subscriptionGap':
    case 'slowClientsClosed':
    case 'conditionsChanged':
    case 'rangesChanged':
    case 'roleChanged':
    case 'minoritySeen':
    case 'majoritySeen':
    case 'epochDomainOpened':
    case 'discoveryFailed':
    case 'monitorRestarted':
    case 'ownStall':
    case 'holdOpened':
      return log;
  }
}

function begin(log: FailoverLog, target: TargetId, event: FailoverEvent): FailoverLog {
  const holder = log.holders.get(target);
  // Before anybody was ever verified there is nothing to fail over from.
  if (holder === undefined && event.type !== 'stateChanged') return log;
  const step = stepOf(event);
  const failover: Failover = {
    target,
    startedAt: event.at,
    from: holder,
    to: undefined,
    result: 'running',
    steps: step === undefined ? [] : [{ ...step, type: 'firstDoubt', afterMs: 0 }],
    held: 0,
    drained: 0,
    refused: 0,
    cancelled: 0,
    unknown: 0,
  };
  return { ...log, failovers: [...log.failovers, failover].slice(-maxFailovers) };
}

function settle(
  failover: Failover,
  event: Extract<FailoverEvent, { readonly type: 'stateChanged' }>,
): Failover {
  if (event.to === 'unavailable') return { ...failover, result: 'unavailable' };
  if (event.to !== 'steady') return failover;
  const result = event.server === failover.from ? 'recovered' : 'switched';
  return { ...failover, to: event.server, result };
}

function openFailover(log: FailoverLog, target: TargetId): Failover | undefined {
  const newest = log.failovers.findLast((failover) => failover.target === target);
  return newest !== undefined && isOpen(newest) ? newest : undefined;
}

/** The target's newest timeline, also after it settled: drains and confirmations come late. */
function amend(log: FailoverLog, target: TargetId, change: (failover: Failover) => Failover): FailoverLog {
  const at = log.failovers.findLastIndex((failover) => failover.target === target);
  const before = log.failovers[at];
  if (before === undefined) return log;
  return { ...log, failovers: log.failovers.with(at, change(before)) };
}

/** Without a claim, as in a target of equals, each server may be the reason. */
function concerns(failover: Failover, server: EndpointId): boolean {
  return failover.from === undefined || failover.from === server || failover.to === server;
}

function withStep(failover: Failover, event: FailoverEvent): Failover {
  const step = stepOf(event);
  if (step === undefined || failover.steps.length >= maxSteps) return failover;
  return { ...failover, steps: [...failover.steps, { ...step, afterMs: since(failover, event.at) }] };
}

function since(failover: Failover, at: Ms): number {
  return at - failover.startedAt;
}
