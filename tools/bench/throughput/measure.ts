import { cpuMs } from '../process/cpu.ts';
import { type Random, shuffled } from '../random.ts';
import { redisBenchmark } from './redis-benchmark.ts';
import type { Scenario } from './scenario.ts';
import type { Variant } from './variant.ts';

export interface ThroughputRun {
  readonly type: 'throughput';
  readonly round: number;
  readonly scenario: string;
  readonly variant: string;
  readonly SET: number;
  readonly GET: number;
  /** CPU of the proxy's process for one operation; 0 where there is none. */
  readonly cpuMicrosPerOperation: number;
}

/** One round of one scenario: every variant once, in random order. */
export async function measureRound(
  round: number,
  scenario: Scenario,
  variants: readonly Variant[],
  share: number,
  random: Random,
): Promise<readonly ThroughputRun[]> {
  const requests = Math.round(scenario.requests * share);
  const runs: ThroughputRun[] = [];
  for (const variant of shuffled(variants, random)) {
    const before = variant.pid === undefined ? 0 : cpuMs(variant.pid);
    const rates = await redisBenchmark(variant.port, scenario, requests);
    const usedMs = variant.pid === undefined ? 0 : cpuMs(variant.pid) - before;
    runs.push({
      type: 'throughput',
      round,
      scenario: scenario.name,
      variant: variant.name,
      ...rates,
      cpuMicrosPerOperation: (usedMs * 1000) / (2 * requests),
    });
  }
  return runs;
}
