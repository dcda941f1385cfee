import { createCluster, type Runtime } from '@failover/core';
import type { ProxyConfig } from '../config/index.ts';
import { createResources } from '../process/resources.ts';
import type { Followed } from '../process/until-served.ts';

/** The clusters of a config, followed without opening a port. */
export interface Following extends AsyncDisposable {
  readonly clusters: readonly Followed[];
}

export function follow(config: ProxyConfig, runtime: Runtime): Following {
  const resources = createResources();
  const clusters = config.clusters.map(({ name, gateway, config: own }): Followed => {
    const cluster = resources.use(createCluster(gateway.adapter, own, { runtime }));
    const watching = cluster.topology$.subscribe();
    resources.defer(() => {
      watching.unsubscribe();
    });
    const served = config.listeners.filter((listener) => listener.cluster === name).map(({ role }) => role);
    return { name, roles: served.length > 0 ? [...new Set(served)] : gateway.roles.slice(0, 1), cluster };
  });
  return { clusters, [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose]() };
}
