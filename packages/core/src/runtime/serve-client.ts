import type { Duplex } from 'node:stream';
import { onAbort } from './on-abort.ts';

/**
 * Serves one client until it or we are done; a gateway that is shut, or drains already, takes none. `attach` is given
 * what to call when it is over.
 */
export function serveClient(
  client: Duplex,
  drain: AbortSignal,
  isOpen: boolean,
  attach: (onClosed: () => void) => { readonly drain: () => void },
): Promise<void> {
  if (!isOpen || drain.aborted) {
    client.destroy();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let stopListening = (): void => undefined;
    const relay = attach(() => {
      stopListening();
      resolve();
    });
    stopListening = onAbort(drain, () => {
      relay.drain();
    });
  });
}
