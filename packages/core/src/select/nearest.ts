import type { ServerDescription } from '../model/index.ts';
import { availableMembers } from './members.ts';
import type { Picker } from './picker.ts';
import { pickInTurn } from './picker.ts';

/** As near as the nearest is who takes at most so many times as long, and so many ms more: below is our own noise. */
const nearTimes = 2;
const nearMs = 1;

/**
 * The available servers of the target's own role that are about as near as the nearest of them, in turn. The others
 * come when none of these is available. One whose round trip is not known yet may be near.
 */
export const nearest: Picker = {
  name: 'nearest',
  compile: (topology, target) =>
    pickInTurn(nearOnes(availableMembers(topology, target)).map((server) => server.endpoint)),
};

function nearOnes(servers: readonly ServerDescription[]): readonly ServerDescription[] {
  let best = Infinity;
  for (const { roundTripMs = Infinity } of servers) best = Math.min(best, roundTripMs);
  const limitMs = best * nearTimes + nearMs;
  return servers.filter(({ roundTripMs }) => roundTripMs === undefined || roundTripMs <= limitMs);
}
