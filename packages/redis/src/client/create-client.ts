import type { HoldLimits, Log, RetryBudgetLimits, Runtime, TopologyStore } from '@failover/core';
import { ConfigError, createCluster, systemRuntime } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { RedisConfig, RedisOptions } from '../config.ts';
import { redisConfig } from '../config.ts';
import type { IoredisOptions } from './check-options.ts';
import { checkIoredisOptions } from './check-options.ts';
import type { IoredisClusterOptions } from './check-cluster-options.ts';
import { checkClusterOptions } from './check-cluster-options.ts';
import type { FailoverRedis, OpenOptions } from './open-client.ts';
import { openClient } from './open-client.ts';
import type { FailoverRedisCluster } from './open-cluster-client.ts';
import { openClusterClient } from './open-cluster-client.ts';
import { connectFast } from './connect.ts';

export type { FailoverRedis } from './open-client.ts';
export type { FailoverRedisCluster } from './open-cluster-client.ts';

export interface ClientOptions {
  /** Options of the ioredis instance. What would break a guarantee is refused. */
  readonly ioredis?: IoredisOptions;
  /** Bounds of what may wait for a server; how long is `holdMs` of the config. */
  readonly hold?: Partial<Pick<HoldLimits, 'maxCount' | 'maxBytes'>>;
  readonly retryBudget?: Partial<RetryBudgetLimits>;
  /** Keeps last known members over a restart; nothing is written without one. */
  readonly store?: TopologyStore;
  readonly log?: Log;
  readonly runtime?: Runtime;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Default true: after an OutcomeUnknownError the commands behind it still run, in order, since one instance carries
   * callers that know nothing of each other. With false they are rejected as not sent, as on a gateway's connection.
   */
  readonly continueAfterUnknown?: boolean;
}

/** As `ClientOptions`, for an ioredis `Cluster`. */
export interface ClusterClientOptions extends Omit<ClientOptions, 'ioredis'> {
  /** Options of the ioredis `Cluster`. What would break a guarantee is refused. */
  readonly ioredis?: IoredisClusterOptions;
}

/** @throws ConfigError if an option is wrong, with field, value and fix. */
export function createClient(config: RedisOptions, options: ClientOptions = {}): FailoverRedis {
  const checked = redisConfig.parse(config);
  if (checked.cluster.length > 0) {
    const fix = 'call createClusterClient: its commands go to the shards of their keys';
    throw new ConfigError([
      { field: 'cluster', value: config.cluster, problem: 'is no single primary', fix },
    ]);
  }
  checkNoClients(config);
  const { ioredis = {} } = options;
  checkIoredisOptions(ioredis);
  return openClient({ ...opened(checked, options), ioredis });
}

/** @throws ConfigError if an option is wrong, with field, value and fix. */
export function createClusterClient(
  config: RedisOptions,
  options: ClusterClientOptions = {},
): FailoverRedisCluster {
  const checked = redisConfig.parse(config);
  if (checked.cluster.length === 0) {
    const fix = 'list nodes of the Redis Cluster, or call createClient';
    throw new ConfigError([{ field: 'cluster', value: undefined, problem: 'is missing', fix }]);
  }
  checkNoClients(config);
  const { ioredis = {} } = options;
  checkClusterOptions(ioredis);
  return openClusterClient({ ...opened(checked, options), ioredis });
}

function checkNoClients({ clients }: RedisOptions): void {
  if (clients === undefined) return;
  const problem = 'has no meaning in process, where nobody connects';
  const fix = 'remove it; it is for listeners of the local process';
  throw new ConfigError([{ field: 'clients', value: '(secret)', problem, fix }]);
}

/** What both clients stand on. */
function opened(config: RedisConfig, options: Omit<ClientOptions, 'ioredis'>): Omit<OpenOptions, 'ioredis'> {
  const { store, retryBudget } = options;
  const runtime = options.runtime ?? systemRuntime(options.log === undefined ? {} : { log: options.log });
  const cluster = createCluster(adapter, config, {
    runtime,
    hold: { ...options.hold, windowMs: config.holdMs },
    ...(retryBudget === undefined ? {} : { retryBudget }),
    ...(store === undefined ? {} : { store }),
  });
  return {
    cluster,
    config,
    // A runtime that was given brings its own network.
    runtime: options.runtime ?? { ...runtime, connect: connectFast },
    continueAfterUnknown: options.continueAfterUnknown ?? true,
    signal: options.signal,
  };
}
