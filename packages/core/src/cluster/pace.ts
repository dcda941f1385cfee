import type { Pace } from '../adapter.ts';
import type { ServerDescription, TopologyDescription } from '../model/index.ts';

/** How often a server is asked now. A pure answer, so that pace follows belief and nobody sets it. */
export function paceOf(server: ServerDescription, topology: TopologyDescription): Pace {
  let pace: Pace = 'idle';
  for (const target of topology.targets.values()) {
    if (target.successor?.server === server.endpoint) return 'fast';
    if (target.state !== 'steady') pace = 'alert';
  }
  return topology.targets.size === 0 ? 'alert' : pace;
}
