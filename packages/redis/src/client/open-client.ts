import type { Cluster, Runtime, TopologyDescription } from '@failover/core';
import { Redis } from 'ioredis';
import type { RedisConfig } from '../config.ts';
import type { IoredisOptions } from './check-options.ts';
import { createEngine } from './engine.ts';
import { createSteer } from './steer.ts';

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
  let closing: Promise<void> | undefined;
  const redis = new Redis({
    ...options.ioredis,
    db: config.db,
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
