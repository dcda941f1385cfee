import { AbstractConnector, type RedisOptions as IoredisOptions } from 'ioredis';
import { enforce } from './enforce.ts';
import { disconnectTimeoutMs } from './engine.ts';
import type { RelayStream } from './relay-stream.ts';

export type Connector = NonNullable<IoredisOptions['Connector']>;
export type NetStream = AbstractConnector['connect'] extends (...args: never) => Promise<infer S> ? S : never;

/**
 * What every connector of ours is: it makes the options of its instance what its guarantees rest on, and its stream is
 * one of ours.
 */
export abstract class StreamConnector extends AbstractConnector {
  constructor(options: IoredisOptions, isClosed: () => boolean) {
    super(options.disconnectTimeout ?? disconnectTimeoutMs);
    enforce(options, isClosed);
  }

  /** Set at once, so that a `disconnect()` finds it. */
  protected use(stream: RelayStream): NetStream {
    this.stream = stream as unknown as NetStream;
    return this.stream;
  }

  override disconnect(): void {
    this.connecting = false;
    // On a stream that has closed there is nothing to end, and nobody would stop the timer of the base class.
    if (!this.stream?.destroyed) super.disconnect();
  }
}
