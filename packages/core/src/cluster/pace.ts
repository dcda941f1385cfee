import type { Pace } from '../adapter.ts';
import type { ServerDescription, TargetDescription, TopologyDescription } from '../model/index.ts';

/** How often a server is asked now. A pure answer, so that pace follows belief and nobody sets it. */
export function paceOf(server: ServerDescription, topology: TopologyDescription): Pace {
  let pace: Pace = topology.targets.size === 0 ? 'alert' : 'idle';
  for (const target of topology.targets.values()) {
    if (target.successor?.server === server.endpoint) return 'fast';
    if (needsAttention(target)) pace = 'alert';
  }
  return pace;
}

/** A writer is looked for until it is found. A set without replicas is no emergency once that is known. */
function needsAttention(target: TargetDescription): boolean {
  return target.state !== 'steady' && (target.role === 'primary' || target.state !== 'unavailable');
}
