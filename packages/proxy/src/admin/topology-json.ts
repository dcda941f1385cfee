import type { TopologyDescription } from '@failover/core';

/** A topology as plain lists, so that JSON shows the maps too. */
export function topologyJson(topology: TopologyDescription): Readonly<Record<string, unknown>> {
  return {
    backend: topology.backend,
    targets: [...topology.targets.values()],
    servers: [...topology.servers.values()],
  };
}
