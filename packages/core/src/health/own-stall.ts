import type { Ms } from '../model/index.ts';

/** ms a timer may come late before we suspect ourselves. Default 50: half of the shortest silence we judge by. */
const slackMs = 50;

/**
 * Did our own process stand still? A timer that comes late proves that answers may lie unread in our sockets,
 * so whoever waits on that timer acquits the peer once and looks again.
 * @example isOwnStall(100, 400) // true
 */
export function isOwnStall(dueAt: Ms, now: Ms): boolean {
  return now - dueAt > slackMs;
}
