export interface RoleSeen {
  readonly type: 'role';
  readonly port: number;
  readonly role: string;
  readonly at: number;
}

/** What the prober saw of one server. Times are of the shared monotonic clock, in ms. */
export type Sighting =
  | RoleSeen
  | {
      readonly type: 'wrote';
      readonly port: number;
      readonly value: string;
      readonly startedAt: number;
      readonly at: number;
    };

export interface ProbeLog {
  readonly sightings: readonly Sighting[];
  /** The worst delay of the prober's own timer: figures below it mean nothing. */
  readonly worstLagMs: number;
}

/** A fresh one for each try, each 10 ms; or one for all, each 2 ms, to servers that are not struck themselves. */
export type Connections = 'fresh' | 'kept';

export type ProberOrder =
  | {
      readonly type: 'begin';
      readonly ports: readonly number[];
      readonly key: string;
      readonly connections: Connections;
    }
  | { readonly type: 'finish' };

/** Roles are told at once; a write each 2 ms told live would be work that only a fault makes. */
export type ProberNews = RoleSeen | ({ readonly type: 'log' } & ProbeLog) | { readonly type: 'ready' };

/** When a server first answered ROLE master after a moment at which it was none. */
export function firstMasterAfter(
  sightings: readonly Sighting[],
  port: number,
  afterMs: number,
): number | undefined {
  return sightings.find(
    (sighting) =>
      sighting.type === 'role' &&
      sighting.port === port &&
      sighting.role === 'master' &&
      sighting.at >= afterMs,
  )?.at;
}
