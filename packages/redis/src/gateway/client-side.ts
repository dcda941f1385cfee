import type { ClientStream } from '@failover/core';
import type { GatewayContext } from './context.ts';

export interface ClientSideOptions {
  readonly client: ClientStream;
  readonly context: Pick<GatewayContext, 'limits'>;
  hasRoom(): boolean;
  /** It reads more slowly than we are answered. */
  behind(): void;
  /** It has read all. */
  caughtUp(): void;
  /** It does not read what it asked for. */
  tooSlow(): void;
}

/** Backpressure both ways between us and one client. */
export class ClientSide {
  isPaused = false;
  readonly #options: ClientSideOptions;

  constructor(options: ClientSideOptions) {
    this.#options = options;
    options.client.on('drain', () => {
      options.caughtUp();
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
    if (unreadBytes > maxUnreadBytes / 4) this.#options.behind();
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
}

/** The close that follows says it all. */
const ignored = (): undefined => undefined;
