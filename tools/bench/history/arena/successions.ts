import type { Succession } from '@failover/testing';
import type { Sighting } from '../../prober/sighting.ts';

/** Who was struck, when, and who served in the end. */
export interface StruckServer {
  readonly at: number;
  readonly oldPort: number;
  readonly newPort: number;
}

/** ms; what was acknowledged so shortly before a fault may not have reached a replica. */
const REPLICATION_MS = 500;

/**
 * Who took over from whom, as the prober saw it. A server that comes back and claims its old role takes over from
 * nobody, unless it is the one that all agree on in the end.
 */
export function successionsOf(struck: StruckServer, sightings: readonly Sighting[]): readonly Succession[] {
  const found: Succession[] = [];
  let from = struck.oldPort;
  for (const sighting of sightings) {
    if (sighting.type !== 'role' || sighting.role !== 'master' || sighting.at < struck.at) continue;
    if (sighting.port === from || (sighting.port === struck.oldPort && struck.newPort !== struck.oldPort))
      continue;
    found.push({
      from: String(from),
      to: String(sighting.port),
      roleAt: sighting.at,
      ...(from === struck.oldPort ? { exposedFrom: struck.at - REPLICATION_MS } : {}),
    });
    from = sighting.port;
  }
  const turnedBackAt = from === struck.newPort ? undefined : lastDemotion(sightings, from);
  if (turnedBackAt !== undefined)
    found.push({ from: String(from), to: String(struck.newPort), roleAt: turnedBackAt });
  return found;
}

/** When a successor gave its role back to one who may never have lost it. */
function lastDemotion(sightings: readonly Sighting[], port: number): number | undefined {
  return sightings.findLast(
    (sighting) => sighting.type === 'role' && sighting.port === port && sighting.role !== 'master',
  )?.at;
}
