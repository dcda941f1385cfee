import type { TargetDescription, TopologyDescription } from '@failover/core';

/** Where this process is in its life. */
export type Phase = 'starting' | 'running' | 'draining';

export interface Readiness {
  readonly isReady: boolean;
  /** All that stands in the way; empty if ready. */
  readonly reasons: readonly NotReadyReason[];
  /** What does not work as it should, and is no reason to send traffic elsewhere. */
  readonly degraded: readonly NotReadyReason[];
}

export interface NotReadyReason {
  readonly cluster?: string;
  readonly target?: string;
  readonly reason: string;
}

/** A cluster, and the roles that some listener serves. */
export interface ServedCluster {
  readonly name: string;
  readonly roles: readonly string[];
  readonly topology: TopologyDescription;
}

/** Can clients be served now? Each reason is listed, not only the first. */
export function readiness(phase: Phase, clusters: readonly ServedCluster[]): Readiness {
  const found = clusters.flatMap(clusterReasons);
  const reasons = [
    ...(phase === 'running' ? [] : [{ reason: `the process is ${phase}` }]),
    ...found.filter(({ isFatal }) => isFatal).map(({ why }) => why),
  ];
  return {
    isReady: reasons.length === 0,
    reasons,
    degraded: found.filter(({ isFatal }) => !isFatal).map(({ why }) => why),
  };
}

interface Found {
  readonly isFatal: boolean;
  readonly why: NotReadyReason;
}

function clusterReasons(cluster: ServedCluster): readonly Found[] {
  const { name, roles, topology } = cluster;
  return roles.flatMap((role): readonly Found[] => {
    const targets = [...topology.targets.values()].filter((target) => target.role === role);
    if (targets.length === 0) {
      return [{ isFatal: true, why: { cluster: name, reason: `no target of role ${role} was seen yet` } }];
    }
    return targets
      .filter((target) => target.state !== 'steady')
      .map((target) => ({
        isFatal: !hasStandIn(topology, target),
        why: { cluster: name, target: target.id, reason: reasonOf(topology, target) },
      }));
  });
}

/** Reads go to the primary when no replica is left, so a missing replica is no reason to leave. */
function hasStandIn(topology: TopologyDescription, target: TargetDescription): boolean {
  if (target.role !== 'replica') return false;
  return [...topology.targets.values()].some(
    ({ shard, role, state }) => shard === target.shard && role === 'primary' && state === 'steady',
  );
}

function reasonOf(topology: TopologyDescription, target: TargetDescription): string {
  const troubles = [...topology.servers.values()]
    .filter((server) => server.lastError !== undefined)
    .filter(
      (server) => server.kind === 'witness' || server.shard === undefined || server.shard === target.shard,
    )
    .map((server) => `${server.endpoint}: ${server.lastError}`);
  return troubles.length === 0 ? target.state : `${target.state} (${troubles.join('; ')})`;
}
