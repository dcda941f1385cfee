import { connect } from 'node:net';
import { now } from '../clock.ts';
import { askBoth, type Eyes } from './replies.ts';

/** ms; the resolution of every figure. */
const EVERY_MS = 10;
/** ms; a hung server answers nobody: its tries must not pile up. */
export const GIVE_UP_MS = 200;

/** A fresh connection for each try: no client logic, no state, no retry. */
function tryOnce(port: number, key: string, value: string, eyes: Eyes): void {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const hear = askBoth(socket, port, key, value, eyes);
  socket.on('data', (chunk) => {
    if (hear(chunk)) socket.destroy();
  });
}

/** Tries all until it is called off. */
export function tryFresh(
  ports: readonly number[],
  key: string,
  nextValue: () => string,
  eyes: Eyes,
): () => void {
  let timer: NodeJS.Timeout;
  let due = now();
  const tick = (): void => {
    eyes.late(now() - due);
    for (const port of ports) tryOnce(port, key, nextValue(), eyes);
    // A late tick is not made up for: two probes at once would show nothing that one does not.
    due = Math.max(due + EVERY_MS, now());
    timer = setTimeout(tick, due - now());
  };
  tick();
  return () => {
    clearTimeout(timer);
  };
}
