import type {
  Cluster,
  HoldLimits,
  Log,
  RetryBudgetLimits,
  Runtime,
  TopologyDescription,
  TopologyStore,
} from '@failover/core';
import { createCluster, systemRuntime } from '@failover/core';
import { Redis } from 'ioredis';
import { adapter } from '../adapter.ts';
import type { RedisOptions } from '../config.ts';
import { redisConfig } from '../config.ts';
import type { IoredisOptions } from './check-options.ts';
import { checkIoredisOptions } from './check-options.ts';
import { createEngine } from './engine.ts';
import { createSteer } from './steer.ts';

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

/** May be taken apart: nothing here uses `this`. */
export interface FailoverRedis extends AsyncDisposable, Pick<Cluster, 'topology$' | 'events$'> {
  /** A genuine ioredis. It and all its duplicates follow the primary. */
  readonly redis: Redis;
  /** The current belief. */
  readonly topology: TopologyDescription;
  /** What was sent again, refused, left unknown, and so on, since the first connection. */
  readonly counters: Readonly<Record<string, number>>;
  /**
   * Ends this client and all duplicates, in any state. What is in flight may be answered within `disconnectTimeout`
   * (2 s); everything else is rejected at once. Every promise is settled and no socket or timer is left.
   */
  readonly close: () => Promise<void>;
}

/** @throws ConfigError if an option is wrong, with field, value and fix. */
export function createClient(config: RedisOptions, options: ClientOptions = {}): FailoverRedis {
  const checked = redisConfig.parse(config);
  const { ioredis = {}, store, signal } = options;
  checkIoredisOptions(ioredis);
  const runtime = options.runtime ?? systemRuntime(options.log === undefined ? {} : { log: options.log });
  const cluster = createCluster(adapter, checked, {
    runtime,
    hold: { ...options.hold, windowMs: checked.holdMs },
    ...(options.retryBudget === undefined ? {} : { retryBudget: options.retryBudget }),
    ...(store === undefined ? {} : { store }),
  });
  const engine = createEngine({
    cluster,
    config: checked,
    runtime,
    continueAfterUnknown: options.continueAfterUnknown ?? true,
  });

  let isClosed = false;
  let closing: Promise<void> | undefined;
  const redis = new Redis({
    ...ioredis,
    db: checked.db,
    Connector: createSteer(engine, () => isClosed),
  });

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  async function closeAll(): Promise<void> {
    isClosed = true;
    signal?.removeEventListener('abort', closeNow);
    const ended = redis.status === 'end' ? undefined : onceEnded(redis);
    // Between two streams ioredis is about to ask for one, and is told that there is none.
    if (redis.status !== 'end' && redis.status !== 'reconnecting') redis.disconnect();
    await engine.drain(redis.options.disconnectTimeout ?? 2000);
    engine.close();
    await ended;
    await cluster[Symbol.asyncDispose]();
  }

  const closeNow = (): void => void close();
  if (signal?.aborted === true) closeNow();
  else signal?.addEventListener('abort', closeNow, { once: true });

  return {
    redis,
    topology$: cluster.topology$,
    events$: cluster.events$,
    get topology() {
      return cluster.topology;
    },
    get counters() {
      return engine.counters;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function onceEnded(redis: Redis): Promise<void> {
  return new Promise((resolve) => void redis.once('end', () => resolve()));
}
