import { describe, expect, it } from 'vitest';
import type { Simulation } from './index.ts';
import { randomFaults, runSeed } from './index.ts';

const seeds = Array.from({ length: 25 }, (_, at) => at + 1);
const random = (seed: number): Promise<Simulation> =>
  runSeed({ seed, forMs: 40_000, faults: randomFaults(10, 3500) });

describe('whatever goes wrong in a group that elects its primary', () => {
  it.each(seeds)(
    'seed %i: nothing lost by us, doubled, reordered, unsettled or late, and it recovers',
    async (seed) => {
      const run = await random(seed);
      expect(run.verdict.failures).toEqual([]);
      expect(run).toMatchObject({
        sentUnderVoidLease: 0,
        ackedBeyondLease: 0,
        acceptedUnproven: 0,
        late: 0,
        finalState: 'steady',
        waiting: 0,
      });
      expect(run.verdict.operations.ok).toBeGreaterThan(100);
    },
  );
});
