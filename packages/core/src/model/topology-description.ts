import type { Claim, Epoch, Ms } from './claim.ts';
import type { EndpointId } from './endpoint.ts';
import type { PersistentMap } from './persistent-map.ts';
import { persistentMap } from './persistent-map.ts';
import type { ServerDescription } from './server-description.ts';
import type { HashRange, Role, TargetId } from './target.ts';

/**
 * - `discovering`: nobody was ever verified.
 * - `steady`: operations flow.
 * - `suspect`: the server we use owes an answer or failed; new operations wait, nothing in flight ends.
 * - `failing-over`: a successor was named, or the claim is gone; new operations wait.
 * - `unavailable`: it took too long; operations are refused at once, probing goes on.
 */
export type FailoverState = 'discovering' | 'steady' | 'suspect' | 'failing-over' | 'unavailable';

/** A server that the backend chose to take over, but that did not yet say that it has. */
export interface Successor {
  readonly server: EndpointId;
  readonly namedAt: Ms;
  readonly leaseEndsAt: Ms;
  /** A confirmed claim up to this epoch is older than the choice, also one that we never saw confirmed. */
  readonly above?: Epoch | undefined;
}

export interface TargetDescription {
  readonly id: TargetId;
  readonly shard: string;
  readonly role: Role;
  readonly state: FailoverState;
  /** When `state` was entered. */
  readonly since: Ms;
  readonly claim: Claim;
  /** The highest confirmed epoch. Never goes back. */
  readonly epoch?: Epoch;
  /** Rises each time another server takes the claim or loses it: leases of a lower fence are void. */
  readonly fence: number;
  readonly successor?: Successor;
  /** A nomination first seen at or before this instant was withdrawn and is not believed again. */
  readonly withdrawnAt?: Ms;
  /** The last evidence that came with an older epoch, so that its repeats stay quiet. */
  readonly stale?: { readonly server: EndpointId; readonly epoch: Epoch };
  /** How many witnesses can be heard, of how many that they count themselves. */
  readonly witnesses?: { readonly heard: number; readonly of: number };
  /** The part of a hash space that it serves, where keys are spread over shards. */
  readonly ranges?: readonly HashRange[];
}

/** What is believed of one cluster. Immutable; nothing changed means the same object. */
export interface TopologyDescription {
  readonly backend: string;
  readonly servers: PersistentMap<EndpointId, ServerDescription>;
  readonly targets: ReadonlyMap<TargetId, TargetDescription>;
}

export function emptyTopology(backend: string): TopologyDescription {
  return { backend, servers: persistentMap(), targets: new Map() };
}

/** The same description with one server replaced; itself if that server is the same object. */
export function withServer(topology: TopologyDescription, server: ServerDescription): TopologyDescription {
  const servers = topology.servers.with(server.endpoint, server);
  return servers === topology.servers ? topology : { ...topology, servers };
}

/** The same description with one target replaced; itself if that target is the same object. */
export function withTarget(topology: TopologyDescription, target: TargetDescription): TopologyDescription {
  if (topology.targets.get(target.id) === target) return topology;
  return { ...topology, targets: new Map(topology.targets).set(target.id, target) };
}
