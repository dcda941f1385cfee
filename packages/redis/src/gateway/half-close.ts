import type { Duplex } from 'node:stream';
import type { Ms, Runtime } from '@failover/core';

/**
 * The end of what it asks is not that of what it is told, as with a server: `printf … | nc -N` waits for its answers.
 * At most for as long as anything waits here, whatever the client and its server do.
 */
export function mayHalfClose(client: Duplex, runtime: Pick<Runtime, 'after'>, forMs: Ms): void {
  client.allowHalfOpen = true;
  client.on('end', () => {
    client.once(
      'close',
      runtime.after(forMs, () => {
        client.destroy();
      }),
    );
  });
}
