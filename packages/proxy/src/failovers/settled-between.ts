import { isOpen, type Failover } from './failover.ts';
import type { FailoverLog } from './fold.ts';

/** The switches that came to an end between two states of the log: what a counter counts. */
export function settledBetween(before: FailoverLog, after: FailoverLog): readonly Failover[] {
  if (before.failovers === after.failovers) return [];
  const done = new Set(before.failovers.filter((failover) => !isOpen(failover)).map(keyOf));
  return after.failovers.filter((failover) => !isOpen(failover) && !done.has(keyOf(failover)));
}

function keyOf(failover: Failover): string {
  return `${failover.target} ${failover.startedAt}`;
}
