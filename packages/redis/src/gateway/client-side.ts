import type { ClientStream } from '@failover/core';

export interface ClientSideOptions {
  readonly client: ClientStream;
  readonly maxUnreadBytes: number;
  readonly hasRoom: () => boolean;
  /** It does not read what it asked for. */
  readonly tooSlow: () => void;
}

/** Backpressure both ways between us and one client. */
export class ClientSide {
  isPaused = false;
  readonly #options: ClientSideOptions;

  constructor(options: ClientSideOptions) {
    this.#options = options;
    options.client.on('drain', () => {
      this.resume();
    });
    options.client.on('error', ignored);
  }

  /** The client did not take all that was written to it. */
  blocked(): void {
    const { client, maxUnreadBytes, tooSlow } = this.#options;
    if (client.writableLength > maxUnreadBytes) tooSlow();
    else this.pause();
  }

  /** We have enough of what it asks. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#options.client.pause();
  }

  /** Reads on, if there is room again and the client reads too. */
  resume(): void {
    const { client, hasRoom } = this.#options;
    if (!this.isPaused || client.writableNeedDrain || !hasRoom()) return;
    this.isPaused = false;
    client.resume();
  }
}

/** The close that follows says it all. */
const ignored = (): undefined => undefined;
