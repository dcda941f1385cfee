import type { Runtime } from '@failover/core';
import { pause } from './resp-client.ts';
import { TestbedError } from './testbed.ts';

/**
 * Looks every `lookMs` until nothing is left of the problems.
 * @throws TestbedError with those that are left after `timeoutMs`
 */
export async function untilSettled(
  runtime: Runtime,
  problems: () => Promise<readonly string[]>,
  timeoutMs: number,
  lookMs = 50,
): Promise<void> {
  const deadline = runtime.now() + timeoutMs;
  for (;;) {
    const left = await problems();
    if (left.length === 0) return;
    if (runtime.now() >= deadline) {
      throw new TestbedError(`not settled within ${timeoutMs} ms:\n${left.join('\n')}`);
    }
    await pause(runtime, lookMs);
  }
}
