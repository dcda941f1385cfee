/** Failures in a row that make a server down. Role evidence does the rest; three servers are too few to average. */
export const failuresUntilDown = 3;

/** Stops at the threshold: a dead server that stays dead changes nothing and costs nothing. */
export function accrueFailure(failures: number): number {
  return Math.min(failures + 1, failuresUntilDown);
}
