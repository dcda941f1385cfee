import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Check } from './check.ts';
import { failoverChecks } from './failover-checks.ts';
import { operationChecks } from './operation-checks.ts';
import { purityChecks } from './purity-checks.ts';
import { createScene, type Scene } from './scene.ts';
import type { ConformanceSubject } from './subject.ts';
import { topologyChecks } from './topology-checks.ts';

/** All that the contract promises. For other test runners: each check runs by itself on a scene. */
export const conformanceChecks: readonly Check[] = [
  ...purityChecks,
  ...topologyChecks,
  ...failoverChecks,
  ...operationChecks,
];

/**
 * Registers a test for each promise of the adapter contract. One cluster serves them all; each test leaves it
 * healthy.
 */
export function describeConformance<C, R, S>(name: string, subject: ConformanceSubject<C, R, S>): void {
  const { recoveryMs = 30_000, members = 3, seed = 1 } = subject;
  describe(`${name} keeps the adapter contract`, () => {
    let scene: Scene<C, R, S> | undefined;
    beforeAll(async () => {
      scene = createScene(subject, await subject.testbed.start({ members, seed }));
    }, 4 * recoveryMs);
    afterAll(() => scene?.testbed[Symbol.asyncDispose](), recoveryMs);

    for (const check of conformanceChecks) {
      it(check.title, { timeout: 12 * recoveryMs }, async ({ skip }) => {
        if (scene === undefined) throw new Error('the testbed did not start');
        const reason = check.skips?.(scene);
        if (reason !== undefined) skip(reason);
        await check.run(scene);
      });
    }
  });
}
