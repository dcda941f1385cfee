import type { Cluster, ClusterHandle, Runtime } from '@failover/core';
import { openHandle } from '@failover/core';
import { Redis } from 'ioredis';
import type { RedisConfig } from '../config.ts';
import type { IoredisOptions } from './check-options.ts';
import { createEngine, disconnectTimeoutMs } from './engine.ts';
import { createSteer } from './steer.ts';

/** May be taken apart: nothing here uses `this`. */
export interface FailoverRedis extends ClusterHandle {
  /** A genuine ioredis. It and all its duplicates follow the primary. */
  readonly redis: Redis;
  /**
   * Ends this client and all duplicates, in any state. What is in flight may be answered within `disconnectTimeout`
   * (2 s); everything else is rejected at once. Every promise is settled and no socket or timer is left.
   */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly cluster: Cluster;
  readonly config: RedisConfig;
  readonly runtime: Runtime;
  readonly ioredis: IoredisOptions;
  readonly continueAfterUnknown: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An ioredis over a cluster, which is closed with it. */
export function openClient(options: OpenOptions): FailoverRedis {
  const { cluster, config, signal } = options;
  const engine = createEngine(options);
  let isClosed = false;
  const redis = new Redis({
    ...options.ioredis,
    db: config.db,
    Connector: createSteer(engine, () => isClosed),
  });

  async function end(): Promise<void> {
    isClosed = true;
    const ended = onceEnded(redis);
    // Between two streams ioredis is about to ask for one, and is told that there is none.
    if (redis.status !== 'end' && redis.status !== 'reconnecting') redis.disconnect();
    await engine.drain(redis.options.disconnectTimeout ?? disconnectTimeoutMs);
    engine.close();
    await ended;
  }

  return Object.assign(openHandle({ cluster, counters: () => engine.counters, end, signal }), { redis });
}

/** Resolves when an ioredis, or a `Cluster` of it, has ended for good. */
export function onceEnded(redis: {
  readonly status: string;
  once(event: 'end', listener: () => void): unknown;
}): Promise<void> {
  if (redis.status === 'end') return Promise.resolve();
  return new Promise((resolve) => void redis.once('end', () => resolve()));
}
