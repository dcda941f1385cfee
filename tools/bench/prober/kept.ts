import { connect } from 'node:net';
import { now } from '../clock.ts';
import { GIVE_UP_MS } from './fresh.ts';
import { askBoth, type Eyes } from './replies.ts';

/** ms between two tries, unless the reply takes longer; the resolution of every figure. */
const EVERY_MS = 2;
/** ms before a server that closed is dialled again. */
const REDIAL_MS = 20;

/** One connection that is kept, with one try under way: for servers that stay alive, as often as timers allow. */
export function tryKept(port: number, key: string, nextValue: () => string, eyes: Eyes): () => void {
  let isEnded = false;
  let end = (): void => undefined;

  function dial(): void {
    if (isEnded) return;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let timer: NodeJS.Timeout | undefined;
    let hear: ((chunk: Buffer) => boolean) | undefined;
    let due = now();
    const tryOnce = (): void => {
      if (isEnded) return;
      eyes.late(now() - due);
      due = now() + EVERY_MS;
      hear = askBoth(socket, port, key, nextValue(), eyes);
    };
    socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('connect', () => {
      due = now();
      tryOnce();
    });
    socket.on('data', (chunk) => {
      if (hear?.(chunk) !== true) return;
      due = Math.max(due, now());
      timer = setTimeout(tryOnce, due - now());
    });
    socket.on('close', () => {
      clearTimeout(timer);
      setTimeout(dial, REDIAL_MS);
    });
    end = () => socket.destroy();
  }

  dial();
  return () => {
    isEnded = true;
    // What is on its way may still be answered.
    setTimeout(end, GIVE_UP_MS);
  };
}
