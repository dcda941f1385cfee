import type { Epoch } from '@failover/core';

/**
 * Sentinel's config-epoch, behind the domain that gave it: Sentinels that were deployed anew count from 0 again,
 * and their numbers are not comparable with those before.
 * @example sentinelEpoch(0, 7) // [0, 7]
 */
export function sentinelEpoch(domain: number, configEpoch: number): Epoch {
  return [domain, configEpoch];
}

/** Plain replication has no number of its own, so this process counts the takeovers that it saw. */
export function replicationEpoch(sequence: number): Epoch {
  return [0, sequence];
}

/** The config epoch of a node of a Redis Cluster: unique to each primary, and given by a majority of them. */
export function clusterEpoch(configEpoch: number): Epoch {
  return [0, configEpoch];
}
