import type { ServerDescription, TargetDescription, TopologyDescription } from '../model/index.ts';
import { claimHolder, isAvailable, noClaim } from '../model/index.ts';
import { isIn, moveTo } from './failover-state.ts';
import type { Reduction } from './reduction.ts';
import { settleTarget, unchanged } from './reduction.ts';

/** What a change of one server means for one target. `after` is undefined for a server that was removed. */
export function applyServer(
  topology: TopologyDescription,
  target: TargetDescription,
  before: ServerDescription,
  after: ServerDescription | undefined,
  now: number,
): Reduction {
  return target.role === 'primary'
    ? applyToElected(topology, target, before, after, now)
    : applyToAnyOf(topology, target, before, after, now);
}

/**
 * A writer is elected elsewhere: doubt holds new operations and ends nothing in flight. Only another server's
 * claim, its own word, or its removal does.
 */
function applyToElected(
  topology: TopologyDescription,
  target: TargetDescription,
  before: ServerDescription,
  after: ServerDescription | undefined,
  now: number,
): Reduction {
  if (claimHolder(target.claim) !== before.endpoint) return unchanged(topology);
  if (after === undefined) {
    const reason = 'it does not belong any more';
    const lost = { ...target, claim: noClaim, fence: target.fence + 1, withdrawnAt: now };
    return settleTarget(
      topology,
      target,
      isIn(lost, 'steady', 'suspect', 'unavailable') ? moveTo(lost, 'failing-over', now) : lost,
      reason,
      [{ type: 'claimWithdrawn', target: target.id, server: before.endpoint, reason }],
      [{ type: 'fenceLeases', target: target.id, server: before.endpoint, reason }],
    );
  }
  const reason = after.lastError ?? 'it answered';
  switch (after.availability) {
    case 'suspect':
    case 'down':
      if (isIn(target, 'steady'))
        return settleTarget(topology, target, moveTo(target, 'suspect', now), reason);
      return unchanged(topology);
    case 'up': {
      // Only silence was the doubt, and the very connection that was silent answered.
      const isOldConnection = after.answeredOn !== undefined && after.answeredOn < target.since;
      if (isIn(target, 'suspect') && isOldConnection && before.failures === 0) {
        return settleTarget(topology, target, moveTo(target, 'steady', now), reason);
      }
      return unchanged(topology);
    }
    case 'unknown':
    case 'draining':
      return unchanged(topology);
  }
}

/** The choice is ours: whoever is available serves, and a server that is down is left at once. */
function applyToAnyOf(
  topology: TopologyDescription,
  target: TargetDescription,
  before: ServerDescription,
  after: ServerDescription | undefined,
  now: number,
): Reduction {
  const belonged = before.role === target.role && before.shard === target.shard;
  const belongs = after?.role === target.role && after.shard === target.shard;
  if (!belonged && !belongs) return unchanged(topology);
  const isLost = belonged && (!belongs || (before.availability !== 'down' && after.availability === 'down'));
  const lostBecause =
    after === undefined ? 'it does not belong any more' : (after.lastError ?? `it is ${after.role} now`);
  const isServed = (after !== undefined && belongs && isAvailable(after)) || hasServer(topology, target);
  const fenced = isLost ? { ...target, fence: target.fence + 1 } : target;
  const moved = isServed
    ? isIn(fenced, 'discovering', 'suspect', 'failing-over', 'unavailable')
      ? moveTo(fenced, 'steady', now)
      : fenced
    : isIn(fenced, 'steady')
      ? moveTo(fenced, 'failing-over', now)
      : fenced;
  return settleTarget(
    topology,
    target,
    moved,
    isServed
      ? `${before.endpoint} serves`
      : `nobody is left: ${before.endpoint} ${after?.lastError ?? 'is gone'}`,
    [],
    isLost ? [{ type: 'fenceLeases', target: target.id, server: before.endpoint, reason: lostBecause }] : [],
  );
}

/** Stops at the first: with thousands of servers nearly always one of the first few. */
function hasServer(topology: TopologyDescription, target: TargetDescription): boolean {
  for (const server of topology.servers.values()) {
    if (server.role === target.role && server.shard === target.shard && isAvailable(server)) return true;
  }
  return false;
}
