import { AbstractConnector, type RedisOptions as IoredisOptions } from 'ioredis';
import type { Engine } from './engine.ts';
import { enforce } from './enforce.ts';
import { connectionIsClosed } from './own-errors.ts';
import type { ShardNames } from './shard-names.ts';

type Connector = NonNullable<IoredisOptions['Connector']>;
type NetStream = AbstractConnector['connect'] extends (...args: never) => Promise<infer S> ? S : never;

/** ms, ioredis' own default. */
const disconnectTimeoutMs = 2000;

/**
 * As the steer of a single instance, for the nodes of an ioredis `Cluster`: the host that a node was given is the name
 * of its shard. Any other host is where a cluster begins, and means whichever shard is found.
 */
export function createShardSteer(engine: Engine, names: ShardNames, isClosed: () => boolean): Connector {
  return class ShardConnector extends AbstractConnector {
    readonly #host: string;

    constructor(options: unknown) {
      const own = options as IoredisOptions;
      super(own.disconnectTimeout ?? disconnectTimeoutMs);
      enforce(own, isClosed);
      this.#host = own.host ?? '';
    }

    override async connect(): Promise<NetStream> {
      this.connecting = true;
      const known = names.find(this.#host);
      if (known === undefined) return this.#open(await names.wait());
      return this.#open(known);
    }

    #open(shard: string): NetStream {
      if (isClosed() || !this.connecting) throw new Error(connectionIsClosed);
      this.stream = engine.open(shard) as unknown as NetStream;
      return this.stream;
    }

    override disconnect(): void {
      this.connecting = false;
      // On a stream that has closed there is nothing to end, and nobody would stop the timer of the base class.
      if (!this.stream?.destroyed) super.disconnect();
    }
  };
}
