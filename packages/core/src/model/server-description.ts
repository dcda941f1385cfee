import type { EndpointId } from './endpoint.ts';
import type { Ms } from './claim.ts';
import type { Role } from './target.ts';

/** `suspect`: it owes an answer or just failed. `down`: three failures in a row, or silent for one second more. */
export type Availability = 'unknown' | 'up' | 'suspect' | 'down' | 'draining';

/** What is believed of one server. Numbers that change with each heartbeat do not belong here. */
export interface ServerDescription {
  readonly endpoint: EndpointId;
  readonly kind: 'data' | 'witness';
  readonly shard?: string;
  readonly role: Role;
  readonly availability: Availability;
  readonly zone?: string;
  /** How long it takes to answer us, as it is published: hardly any answer changes it. Absent until measured. */
  readonly roundTripMs?: number;
  /** Failures in a row; an answer clears them. Stops counting at the threshold, so that it stays quiet. */
  readonly failures: number;
  /** When the newest connection that answered was opened: the fence against late errors of older ones. */
  readonly answeredOn?: Ms;
  readonly lastError?: string;
  /** What it says of itself beside its role, in the backend's own words, sorted; absent if there is nothing. */
  readonly conditions?: readonly string[];
  /** The discovery sources that list it. It belongs as long as one does. */
  readonly listedBy: readonly string[];
}

export function unknownServer(
  endpoint: EndpointId,
  kind: 'data' | 'witness',
  zone?: string,
): ServerDescription {
  return {
    endpoint,
    kind,
    role: kind === 'witness' ? 'witness' : 'unknown',
    availability: 'unknown',
    failures: 0,
    listedBy: [],
    ...(zone === undefined ? {} : { zone }),
  };
}

/** Can new work be sent there? An unknown server was never heard and gets none. */
export function isAvailable(server: ServerDescription): boolean {
  return server.availability === 'up';
}
