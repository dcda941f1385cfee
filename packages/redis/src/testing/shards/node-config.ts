import { serverConfig, type ServerConfigOptions } from '../server-config.ts';

export interface NodeConfigOptions extends Omit<ServerConfigOptions, 'replicaOf'> {
  /** Where the nodes talk to each other. */
  readonly busPort: number;
  readonly nodeTimeoutMs: number;
}

/** A node that keeps what it knows of the cluster, and nothing else. */
export function nodeConfig(options: NodeConfigOptions): string {
  const { busPort, nodeTimeoutMs, majorVersion } = options;
  const lines = [
    'cluster-enabled yes',
    'cluster-config-file nodes.conf',
    `cluster-node-timeout ${nodeTimeoutMs}`,
    // One shard's trouble is no other's.
    'cluster-require-full-coverage no',
    // However long the link was down: tests take everything else away from a replica before its primary.
    'cluster-replica-validity-factor 0',
    // Before 7 the bus has the port plus 10000, and replicas may leave for a shard without any.
    ...(majorVersion >= 7
      ? [`cluster-port ${busPort}`, 'cluster-allow-replica-migration no']
      : ['cluster-migration-barrier 1000']),
  ];
  return `${serverConfig(options)}${lines.join('\n')}\n`;
}
