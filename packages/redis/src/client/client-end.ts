import type { ClientStream } from '@failover/core';

type Listener = (chunk: Buffer) => void;

export interface ClientEnd extends ClientStream {
  /** What the client asks. */
  feed(bytes: Buffer): void;
  /** The relay is told that its client is gone. */
  closed(): void;
}

/**
 * The relay's end of an in-process client. It has no backpressure because ioredis has none: what an application asks
 * for is in its memory already. What waits for a server is bounded by the hold.
 */
export function createClientEnd(client: { deliver(bytes: Buffer): void; close(): void }): ClientEnd {
  const onData: Listener[] = [];
  const onClose: (() => void)[] = [];
  let isClosed = false;

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    client.close();
    for (const listener of onClose) listener();
  }

  return {
    write(bytes) {
      if (!isClosed) client.deliver(bytes as Buffer);
      return true;
    },
    writableLength: 0,
    writableNeedDrain: false,
    pause: () => undefined,
    resume: () => undefined,
    end: close,
    destroy: close,
    on(event: string, listener: Listener & (() => void)) {
      if (event === 'data') onData.push(listener);
      else if (event === 'close') onClose.push(listener);
    },
    feed(bytes) {
      for (const listener of onData) listener(bytes);
    },
    closed: close,
  };
}
