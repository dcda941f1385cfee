import type { RecordedOutcome } from '@failover/testing';
import { outcomeOf } from '../../load/driver/driver.ts';

/** An error that the server itself answered with proves that nothing happened, except where it says the contrary. */
export function recordedOutcome(error: unknown): RecordedOutcome {
  const outcome = outcomeOf(error);
  if (outcome === 'refused') return 'refused';
  const isServersOwn =
    error instanceof Error && error.name === 'ReplyError' && !/^OUTCOMEUNKNOWN\b/.test(error.message);
  return isServersOwn ? 'error' : 'unknown';
}
