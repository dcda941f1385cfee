import type { RedisOptions as IoredisOptions } from 'ioredis';
import type { Engine } from './engine.ts';
import { connectionIsClosed } from './own-errors.ts';
import type { Connector, NetStream } from './stream-connector.ts';
import { StreamConnector } from './stream-connector.ts';

/**
 * The one seam to ioredis: its public option `Connector`. Every instance, also each `duplicate()`, gets a stream of
 * its own, and all of them are served by one engine.
 * @see docs/decisions/0006-ioredis-seam.md
 */
export function createSteer(engine: Engine, isClosed: () => boolean): Connector {
  return class FailoverConnector extends StreamConnector {
    constructor(options: unknown) {
      super(options as IoredisOptions, isClosed);
    }

    override connect(): Promise<NetStream> {
      // Only once the client is closed: a rejection here ends an ioredis for good.
      if (isClosed()) return Promise.reject(new Error(connectionIsClosed));
      return Promise.resolve(this.use(engine.open()));
    }
  };
}
