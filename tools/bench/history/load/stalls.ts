import type { Period } from '@failover/testing';
import { now } from '../../clock.ts';

const EVERY_MS = 10;
/** ms; shorter ones are common and change nothing. */
const STALL_MS = 30;

/**
 * When this process stood still, its own client in it: what was answered meanwhile lay unread, and what was told
 * meanwhile was not known.
 */
export function watchStalls(): readonly Period[] {
  const stalls: Period[] = [];
  let last = now();
  setInterval(() => {
    const at = now();
    if (at - last > STALL_MS) stalls.push({ from: last, to: at });
    last = at;
  }, EVERY_MS).unref();
  return stalls;
}
