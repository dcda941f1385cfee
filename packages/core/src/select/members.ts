import type { ServerDescription, TargetDescription, TopologyDescription } from '../model/index.ts';
import { isAvailable } from '../model/index.ts';
import type { Picker } from './picker.ts';
import { pickInTurn } from './picker.ts';

/** Every available server of the target's own role, in turn. */
export const members: Picker = {
  name: 'members',
  compile: (topology, target) =>
    pickInTurn(availableMembers(topology, target).map((server) => server.endpoint)),
};

export function availableMembers(
  topology: TopologyDescription,
  target: TargetDescription,
): readonly ServerDescription[] {
  return [...topology.servers.values()].filter(
    (server) => server.role === target.role && server.shard === target.shard && isAvailable(server),
  );
}
