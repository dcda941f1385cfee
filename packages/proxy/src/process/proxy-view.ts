import type { Runtime } from '@failover/core';
import type { Listener } from '../listener.ts';
import { readiness, type Phase, type Readiness } from '../readiness.ts';
import type { RunningCluster } from './running-cluster.ts';

export interface RunningListener {
  readonly cluster: string;
  readonly role: string;
  readonly listener: Listener;
}

/** All that the admin pages and the metrics read. They change nothing. */
export interface ProxyView {
  readonly phase: Phase;
  readonly runtime: Runtime;
  readonly clusters: readonly RunningCluster[];
  readonly listeners: readonly RunningListener[];
}

export function readinessOf(view: Pick<ProxyView, 'phase' | 'clusters'>): Readiness {
  return readiness(
    view.phase,
    view.clusters.map(({ name, roles, cluster }) => ({ name, roles, topology: cluster.topology })),
  );
}
