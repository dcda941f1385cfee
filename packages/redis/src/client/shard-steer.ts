import type { RedisOptions as IoredisOptions } from 'ioredis';
import type { Engine } from './engine.ts';
import { connectionIsClosed } from './own-errors.ts';
import type { ShardNames } from './shard-names.ts';
import type { Connector, NetStream } from './stream-connector.ts';
import { StreamConnector } from './stream-connector.ts';

/**
 * As the steer of a single instance, for the nodes of an ioredis `Cluster`: the host that a node was given is the name
 * of its shard. Any other host is where a cluster begins, and means whichever shard is found.
 */
export function createShardSteer(engine: Engine, names: ShardNames, isClosed: () => boolean): Connector {
  return class ShardConnector extends StreamConnector {
    readonly #host: string;

    constructor(options: unknown) {
      const own = options as IoredisOptions;
      super(own, isClosed);
      this.#host = own.host ?? '';
    }

    override async connect(): Promise<NetStream> {
      this.connecting = true;
      const shard = names.find(this.#host) ?? (await names.wait());
      if (isClosed() || !this.connecting) throw new Error(connectionIsClosed);
      return this.use(engine.open(shard));
    }
  };
}
