import type { Duplex } from 'node:stream';
import type { Ms, Runtime } from '@failover/core';

/**
 * The end of what a client asks is not that of what it is told, as with a server: `printf … | nc -N` waits for its
 * answers. At most for as long as anything waits here, whatever the client and its server do.
 */
export function createHalfClose(runtime: Pick<Runtime, 'after'>, forMs: Ms): (client: Duplex) => void {
  // One listener for all clients: it is told whose end it is.
  function ended(this: Duplex): void {
    this.once(
      'close',
      runtime.after(forMs, () => {
        this.destroy();
      }),
    );
  }
  return (client) => {
    client.allowHalfOpen = true;
    client.on('end', ended);
  };
}
