import type { ClientStream } from './client-stream.ts';

/** The bytes to and from one client, with backpressure both ways. */
export interface ClientSide {
  write(bytes: Uint8Array): void;
  /** We have enough of what it asks. */
  pause(): void;
  /** Reads on, if there is room again and the client reads too. */
  resume(): void;
  end(): void;
  /** It got its last byte: what comes for it is dropped. */
  stop(): void;
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
  let isPaused = false;
  let isGone = false;
  const side = {
    write(bytes: Uint8Array) {
      if (isGone || client.write(bytes)) return;
      if (client.writableLength > maxUnreadBytes) tooSlow();
      else side.pause();
    },
    pause() {
      if (isPaused) return;
      isPaused = true;
      client.pause();
    },
    resume() {
      if (!isPaused || client.writableNeedDrain || !hasRoom()) return;
      isPaused = false;
      client.resume();
    },
    end() {
      client.end();
    },
    stop() {
      isGone = true;
    },
    destroy() {
      isGone = true;
      client.destroy();
    },
  };
  client.on('drain', side.resume);
  // The close that follows says it all.
  client.on('error', () => undefined);
  client.on('close', () => {
    isGone = true;
  });
  return side;
}
