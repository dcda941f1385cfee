import type { Cluster, Runtime, TopologyDescription } from '@failover/core';
import type { Cluster as IoredisCluster } from 'ioredis';
import type { RedisConfig } from '../config.ts';
import type { IoredisClusterOptions } from './check-cluster-options.ts';
import { createEngine } from './engine.ts';
import { FailoverCluster } from './failover-cluster.ts';
import { createShardNames } from './shard-names.ts';
import { createShardSteer } from './shard-steer.ts';

/** May be taken apart: nothing here uses `this`. */
export interface FailoverRedisCluster extends AsyncDisposable, Pick<Cluster, 'topology$' | 'events$'> {
  /** A genuine ioredis `Cluster`, whose nodes are the shards. It and all its duplicates follow their primaries. */
  readonly cluster: IoredisCluster;
  /** The current belief. */
  readonly topology: TopologyDescription;
  /** What was sent again, refused, left unknown, and so on, since the first connection. */
  readonly counters: Readonly<Record<string, number>>;
  /** As that of `FailoverRedis`. */
  readonly close: () => Promise<void>;
}

export interface OpenClusterOptions {
  readonly cluster: Cluster;
  readonly config: RedisConfig;
  readonly runtime: Runtime;
  readonly ioredis: IoredisClusterOptions;
  readonly continueAfterUnknown: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An ioredis `Cluster` over a Redis Cluster, whose watch ends with it. */
export function openClusterClient(options: OpenClusterOptions): FailoverRedisCluster {
  const { config, runtime, signal } = options;
  const watched = options.cluster;
  const engine = createEngine(options);
  const names = createShardNames(watched, runtime, config.holdMs);
  let isClosed = false;
  let closing: Promise<void> | undefined;
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

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  async function closeAll(): Promise<void> {
    isClosed = true;
    signal?.removeEventListener('abort', closeNow);
    const ended =
      cluster.status === 'end'
        ? undefined
        : new Promise<void>((resolve) => void cluster.once('end', () => resolve()));
    names.close();
    cluster.disconnect();
    await engine.drain(redisOptions?.disconnectTimeout ?? 2000);
    engine.close();
    if (cluster.nodes().length === 0) cluster.endWithoutNodes();
    await ended;
    await watched[Symbol.asyncDispose]();
  }

  const closeNow = (): void => void close();
  if (signal?.aborted === true) closeNow();
  else signal?.addEventListener('abort', closeNow, { once: true });

  return {
    cluster,
    topology$: watched.topology$,
    events$: watched.events$,
    get topology() {
      return watched.topology;
    },
    get counters() {
      return engine.counters;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
