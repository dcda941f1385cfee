import type { ClusterNode, ClusterOptions, RedisOptions as IoredisOptions } from 'ioredis';
import { Cluster, Redis } from 'ioredis';
import { connectionIsClosed } from './own-errors.ts';
import { allShards } from './shard-steer.ts';

/**
 * The `Cluster` of ioredis, all of whose connections are ours. ioredis opens the connection of its subscriber by
 * itself, at the address of a node and without the options of the others: that one part is replaced.
 * @see docs/decisions/0006-ioredis-seam.md
 */
export class FailoverCluster extends Cluster {
  constructor(nodes: ClusterNode[], options: ClusterOptions) {
    // Its type ties what replies look like to the options as they are written; ours are not known before.
    super(nodes, options as object);
    // Not used before the first turn of the event loop.
    (this as unknown as { subscriber: Subscriber }).subscriber = createSubscriber(
      this,
      options.redisOptions ?? {},
    );
  }

  /**
   * ioredis ends with its last node. Disconnected while it has none, in its first turn or between two attempts, it
   * would never end, and never settle what waits.
   */
  endWithoutNodes(): void {
    if (this.status === 'end') return;
    const own = this as unknown as { setStatus(status: string): void; flushQueue(error: Error): void };
    own.setStatus('end');
    own.flushQueue(new Error(connectionIsClosed));
  }

  override duplicate(nodes: ClusterNode[] = [], options: ClusterOptions = {}): Cluster {
    const own = (this as unknown as { startupNodes: ClusterNode[] }).startupNodes;
    return new FailoverCluster(nodes.length > 0 ? nodes : [...own], {
      ...this.options,
      ...options,
      redisOptions: { ...this.options.redisOptions, ...options.redisOptions },
    });
  }
}

/** What `Cluster` asks of its `ClusterSubscriber`. */
interface Subscriber {
  getInstance(): Redis | null;
  start(): void;
  stop(): void;
  isStarted(): boolean;
}

const events = [
  'message',
  'messageBuffer',
  'pmessage',
  'pmessageBuffer',
  'smessage',
  'smessageBuffer',
] as const;

/**
 * One instance for all subscriptions, shard channels too: its stream goes to all shards and outlives every server, so
 * there is nothing to choose again.
 */
function createSubscriber(emitter: Cluster, options: IoredisOptions): Subscriber {
  let instance: Redis | null = null;
  return {
    getInstance: () => instance,
    isStarted: () => instance !== null,
    start() {
      if (instance !== null) return;
      const { connectionName } = options;
      instance = new Redis({
        ...options,
        host: allShards,
        connectionName: `ioredis-cluster(subscriber)${connectionName === undefined ? '' : `:${connectionName}`}`,
        lazyConnect: true,
      });
      instance.on('error', () => undefined);
      for (const event of events) {
        instance.on(event, (...args: readonly unknown[]) => emitter.emit(event, ...args));
      }
    },
    stop() {
      instance?.disconnect();
      instance = null;
    },
  };
}
