import { openHandle } from '@failover/core';
import type { Cluster as IoredisCluster } from 'ioredis';
import type { IoredisClusterOptions } from './check-cluster-options.ts';
import { createEngine, disconnectTimeoutMs } from './engine.ts';
import { FailoverCluster } from './failover-cluster.ts';
import type { FailoverRedis, OpenOptions } from './open-client.ts';
import { onceEnded } from './open-client.ts';
import { createShardNames } from './shard-names.ts';
import { createShardSteer } from './shard-steer.ts';

/** May be taken apart: nothing here uses `this`. */
export interface FailoverRedisCluster extends Omit<FailoverRedis, 'redis'> {
  /** A genuine ioredis `Cluster`, whose nodes are the shards. It and all its duplicates follow their primaries. */
  readonly cluster: IoredisCluster;
}

export interface OpenClusterOptions extends Omit<OpenOptions, 'ioredis'> {
  readonly ioredis: IoredisClusterOptions;
}

/** An ioredis `Cluster` over a Redis Cluster, whose watch ends with it. */
export function openClusterClient(options: OpenClusterOptions): FailoverRedisCluster {
  const { config, runtime, signal } = options;
  const { scaleReads = 'master' } = options.ioredis;
  const engine = createEngine({ ...options, showsReplicas: scaleReads !== 'master' });
  const names = createShardNames(options.cluster, runtime, config.holdMs);
  let isClosed = false;
  const { redisOptions, clusterRetryStrategy, ...own } = options.ioredis;
  const cluster = new FailoverCluster([{ host: config.name, port: 6379 }], {
    ...own,
    enableReadyCheck: false,
    clusterNodeRetryStrategy: () => (isClosed ? null : 0),
    clusterRetryStrategy: (times, reason) =>
      isClosed ? null : (clusterRetryStrategy?.(times, reason) ?? Math.min(100 + times * 2, 2000)),
    // Names of shards are no names of hosts.
    dnsLookup: (host, callback) => {
      callback(null, host);
    },
    redisOptions: { ...redisOptions, Connector: createShardSteer(engine, names, () => isClosed) },
  });

  async function end(): Promise<void> {
    isClosed = true;
    const ended = onceEnded(cluster);
    names.close();
    cluster.disconnect();
    await engine.drain(redisOptions?.disconnectTimeout ?? disconnectTimeoutMs);
    engine.close();
    if (cluster.nodes().length === 0) cluster.endWithoutNodes();
    await ended;
  }

  return Object.assign(
    openHandle({ cluster: options.cluster, counters: () => engine.counters, end, signal }),
    { cluster },
  );
}
