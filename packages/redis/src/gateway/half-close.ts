import type { Duplex } from 'node:stream';
import type { Ms, Runtime } from '@failover/core';

/** ms in which a client that was told everything may read it and end its side. */
const lingerMs = 1000;

/**
 * A client's connection may be ended on one side only, as one to a server: `printf … | nc -N` waits for its answers.
 * Then it is closed in time: at most for as long as anything waits here when the client has ended its side, whatever it
 * and its server do; and soon when we have ended ours, since a server waits for no client to do so too.
 */
export function createHalfClose(
  runtime: Pick<Runtime, 'after'>,
  waitsAtMostMs: Ms,
): (client: Duplex) => void {
  // Listeners for all clients: they are told whose end it is.
  const closeWithin = (ms: Ms) =>
    function (this: Duplex): void {
      this.once(
        'close',
        runtime.after(ms, () => {
          this.destroy();
        }),
      );
    };
  const [clientEnded, weEnded] = [closeWithin(waitsAtMostMs), closeWithin(lingerMs)];
  return (client) => {
    client.allowHalfOpen = true;
    client.on('end', clientEnded);
    client.on('finish', weEnded);
  };
}
