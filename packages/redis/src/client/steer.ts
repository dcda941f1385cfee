import { AbstractConnector, type RedisOptions as IoredisOptions } from 'ioredis';
import type { Engine } from './engine.ts';
import { enforce } from './enforce.ts';
import { connectionIsClosed } from './own-errors.ts';

type Connector = NonNullable<IoredisOptions['Connector']>;
type NetStream = AbstractConnector['connect'] extends (...args: never) => Promise<infer S> ? S : never;

/**
 * The one seam to ioredis: its public option `Connector`. Every instance, also each `duplicate()`, gets a stream of
 * its own, and all of them are served by one engine.
 * @see docs/decisions/0006-ioredis-seam.md
 */
export function createSteer(engine: Engine, isClosed: () => boolean): Connector {
  return class FailoverConnector extends AbstractConnector {
    constructor(options: unknown) {
      const own = options as IoredisOptions;
      super(own.disconnectTimeout ?? disconnectTimeoutMs);
      enforce(own, isClosed);
    }

    override connect(): Promise<NetStream> {
      // Only once the client is closed: a rejection here ends an ioredis for good.
      if (isClosed()) return Promise.reject(new Error(connectionIsClosed));
      // Set at once, so that a `disconnect()` before the promise resolves finds it.
      this.stream = engine.open() as unknown as NetStream;
      return Promise.resolve(this.stream);
    }

    override disconnect(): void {
      // On a stream that has closed there is nothing to end, and nobody would stop the timer of the base class.
      if (!this.stream?.destroyed) super.disconnect();
    }
  };
}

/** ms, ioredis' own default. */
const disconnectTimeoutMs = 2000;
