import type { Ms, Runtime } from '@failover/core';

/** The runtime's monotonic instant as a date for people. */
export function wallClock(runtime: Runtime, at: Ms): string {
  return new Date(Date.now() - (runtime.now() - at)).toISOString();
}
