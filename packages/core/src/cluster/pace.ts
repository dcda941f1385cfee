import type { Pace } from '../adapter.ts';
import type { ServerDescription, TargetDescription, TopologyDescription } from '../model/index.ts';

/** How often a server is asked now. A pure answer, so that pace follows belief and nobody sets it. */
export function paceOf(server: ServerDescription, topology: TopologyDescription): Pace {
  let pace: Pace = topology.targets.size === 0 ? 'alert' : 'idle';
  for (const target of topology.targets.values()) {
    if (target.successor?.server === server.endpoint) return 'fast';
    if (needsAttention(target) && mayTellOf(target, server)) pace = 'alert';
  }
  return pace;
}

/** A writer is looked for until it is found. A set without replicas is no emergency once that is known. */
function needsAttention(target: TargetDescription): boolean {
  return target.state !== 'steady' && (target.role === 'primary' || target.state !== 'unavailable');
}

/**
 * Who is primary or replica of another shard is not asked more often: that would cost its shard, and us, for each of
 * hundreds of nodes and clients, and it is not there that a successor says so. Anyone else may come to be it.
 */
function mayTellOf(target: TargetDescription, { role, shard }: ServerDescription): boolean {
  return shard === target.shard || (role !== 'primary' && role !== 'replica');
}
