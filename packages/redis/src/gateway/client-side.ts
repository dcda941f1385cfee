import type { ClientStream, Ms } from '@failover/core';
import type { GatewayContext } from './context.ts';
import type { Upstream } from './upstream.ts';

export interface ClientSideOptions {
  readonly client: ClientStream;
  readonly context: Pick<GatewayContext, 'limits'>;
  hasRoom(): boolean;
  after(ms: Ms, callback: () => void): () => void;
  /** It reads more slowly than we are answered: the connection that waits with it, if one can. */
  holdBack(): Pick<Upstream<unknown>, 'goOn'> | undefined;
  /** It does not read what it asked for. */
  tooSlow(): void;
  close(): void;
}

/** Backpressure both ways between us and one client, and the end of it. */
export class ClientSide {
  isPaused = false;
  readonly #options: ClientSideOptions;
  /** From which nothing is read until the client has read what it has. */
  #held: Pick<Upstream<unknown>, 'goOn'> | undefined;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #stopLingering: (() => void) | undefined;

  constructor(options: ClientSideOptions) {
    this.#options = options;
    options.client.on('drain', () => {
      const held = this.#held;
      this.#held = undefined;
      held?.goOn();
      this.resume();
    });
    options.client.on('error', ignored);
  }

  /** The client did not take all that was written to it. */
  blocked(): void {
    const { client, context } = this.#options;
    const { maxUnreadBytes } = context.limits;
    const unreadBytes = client.writableLength;
    if (unreadBytes > maxUnreadBytes) {
      this.#options.tooSlow();
      return;
    }
    this.pause();
    // Not at once: what one read of a fast client is late by is not worth a connection of its own.
    if (unreadBytes > maxUnreadBytes / 4) this.#held = this.#options.holdBack() ?? this.#held;
  }

  /** We have enough of what it asks. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#options.client.pause();
  }

  /** Reads on, if there is room again and the client reads too. */
  resume(): void {
    const { client } = this.#options;
    if (!this.isPaused || client.writableNeedDrain || !this.#options.hasRoom()) return;
    this.isPaused = false;
    client.resume();
  }

  /** It was told everything. As the server itself, which waits for no client to end its side too. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    const { client } = this.#options;
    client.end();
    // In process it may be closed by that.
    if (this.isClosed) return;
    // Else its end would not be seen.
    client.resume();
    this.#linger();
  }

  closed(): void {
    this.#state = 'closed';
    this.#stopLingering?.();
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  #linger(): void {
    this.#stopLingering = this.#options.after(lingerMs, () => {
      if (this.#options.client.writableLength > 0) this.#linger();
      else this.#options.close();
    });
  }
}

/** ms in which a client that was told everything may read it and end its side. */
const lingerMs = 1000;
/** The close that follows says it all. */
const ignored = (): undefined => undefined;
