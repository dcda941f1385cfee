import type { ClientStream } from '@failover/core';

/** Backpressure both ways between us and one client. */
export interface ClientSide {
  readonly isPaused: boolean;
  /** The client did not take all that was written to it. */
  blocked(): void;
  /** We have enough of what it asks. */
  pause(): void;
  /** Reads on, if there is room again and the client reads too. */
  resume(): void;
  end(): void;
  destroy(): void;
}

export interface ClientSideOptions {
  readonly client: ClientStream;
  readonly maxUnreadBytes: number;
  hasRoom(): boolean;
  /** It does not read what it asked for. */
  tooSlow(): void;
}

export function createClientSide({
  client,
  maxUnreadBytes,
  hasRoom,
  tooSlow,
}: ClientSideOptions): ClientSide {
  const side = {
    isPaused: false,
    blocked() {
      if (client.writableLength > maxUnreadBytes) tooSlow();
      else side.pause();
    },
    pause() {
      if (side.isPaused) return;
      side.isPaused = true;
      client.pause();
    },
    resume() {
      if (!side.isPaused || client.writableNeedDrain || !hasRoom()) return;
      side.isPaused = false;
      client.resume();
    },
    end() {
      client.end();
    },
    destroy() {
      client.destroy();
    },
  };
  client.on('drain', side.resume);
  // The close that follows says it all.
  client.on('error', () => undefined);
  return side;
}
