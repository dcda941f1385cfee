import type { RedisOptions as IoredisOptions } from 'ioredis';
import { replicasOf } from '../gateway/shards/of-shard.ts';
import type { Engine, Place } from './engine.ts';
import { connectionIsClosed } from './own-errors.ts';
import type { ShardNames } from './shard-names.ts';
import type { Connector, NetStream } from './stream-connector.ts';
import { StreamConnector } from './stream-connector.ts';

/** The host of an instance that all shards are behind, as behind the local process' one port. */
export const allShards = 'all-shards';

/**
 * As the steer of a single instance, for the nodes of an ioredis `Cluster`: the host that a node was given is the name
 * of its shard, or that of the shard's replicas. Any other host is where a cluster begins, and means whichever shard
 * is found.
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
      const place = placeOf(this.#host, names) ?? ({ ...primary, shard: await names.wait() } as const);
      if (isClosed() || !this.connecting) throw new Error(connectionIsClosed);
      return this.use(engine.open(place));
    }
  };
}

const primary = { type: 'shard', role: 'primary' } as const;

function placeOf(host: string, names: Pick<ShardNames, 'all' | 'find'>): Place | undefined {
  if (host === allShards) return { type: 'all' };
  const shard = names.find(host);
  if (shard !== undefined) return { ...primary, shard };
  const read = names.all().find((each) => replicasOf(each) === host);
  return read === undefined ? undefined : { ...primary, role: 'replica', shard: read };
}
