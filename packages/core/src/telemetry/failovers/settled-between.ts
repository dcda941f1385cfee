import type { Failover } from './failover.ts';
import type { FailoverLog } from './fold.ts';

/**
 * The switches whose result came to be known between two states of the log: what a counter counts. One that is
 * given up and succeeds later has two results.
 */
export function settledBetween(before: FailoverLog, after: FailoverLog): readonly Failover[] {
  if (before.failovers === after.failovers) return [];
  const known = new Set(before.failovers.map(keyOf));
  return after.failovers.filter((failover) => failover.result !== 'running' && !known.has(keyOf(failover)));
}

function keyOf(failover: Failover): string {
  return `${failover.target} ${failover.startedAt} ${failover.result}`;
}
