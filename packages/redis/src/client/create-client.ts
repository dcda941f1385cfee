import type { HoldLimits, Log, RetryBudgetLimits, Runtime, TopologyStore } from '@failover/core';
import { createCluster, systemRuntime } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { RedisOptions } from '../config.ts';
import { redisConfig } from '../config.ts';
import type { IoredisOptions } from './check-options.ts';
import { checkIoredisOptions } from './check-options.ts';
import type { FailoverRedis } from './open-client.ts';
import { openClient } from './open-client.ts';
import { connectFast } from './connect.ts';

export type { FailoverRedis } from './open-client.ts';

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

/** @throws ConfigError if an option is wrong, with field, value and fix. */
export function createClient(config: RedisOptions, options: ClientOptions = {}): FailoverRedis {
  const checked = redisConfig.parse(config);
  const { ioredis = {}, store, retryBudget } = options;
  checkIoredisOptions(ioredis);
  const runtime = options.runtime ?? systemRuntime(options.log === undefined ? {} : { log: options.log });
  const cluster = createCluster(adapter, checked, {
    runtime,
    hold: { ...options.hold, windowMs: checked.holdMs },
    ...(retryBudget === undefined ? {} : { retryBudget }),
    ...(store === undefined ? {} : { store }),
  });
  return openClient({
    cluster,
    config: checked,
    // A runtime that was given brings its own network.
    runtime: options.runtime ?? { ...runtime, connect: connectFast },
    ioredis,
    continueAfterUnknown: options.continueAfterUnknown ?? true,
    signal: options.signal,
  });
}
