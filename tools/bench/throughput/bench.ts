import { launch, settled } from '../cluster/cluster.ts';
import { openLoop } from '../openloop/generator.ts';
import type { Options } from '../options.ts';
import { type Random, seeded, shuffled } from '../random.ts';
import { median } from '../report/statistics.ts';
import type { Result } from '../report/write.ts';
import { measureRound, type ThroughputRun } from './measure.ts';
import { redisBenchmark } from './redis-benchmark.ts';
import { SCENARIOS } from './scenario.ts';
import {
  type LatencyRun,
  printLatency,
  printThroughput,
  summarizeLatency,
  summarizeThroughput,
} from './summary.ts';
import type { StartedVariant, Variant } from './variant.ts';
import { variantStarters } from './variants.ts';

interface Size {
  readonly rounds: number;
  /** Of a scenario's requests. */
  readonly share: number;
  readonly latencyMs: number;
}
const FULL: Size = { rounds: 10, share: 1, latencyMs: 5000 };
const QUICK: Size = { rounds: 2, share: 0.12, latencyMs: 1000 };

export async function throughputBench(options: Options): Promise<Result> {
  await using cluster = await launch(1);
  const primaryPort = await settled(cluster);
  const variants: StartedVariant[] = [];
  try {
    for (const start of variantStarters(options.only)) variants.push(await start(cluster, primaryPort));
    return await measure(options, variants);
  } finally {
    await Promise.all(variants.map((variant) => variant[Symbol.asyncDispose]()));
  }
}

async function measure(options: Options, variants: readonly Variant[]): Promise<Result> {
  const size = options.isQuick ? QUICK : FULL;
  const rounds = options.runs ?? size.rounds;
  const random = seeded(options.seed);
  const [plainest] = SCENARIOS;
  if (plainest === undefined) throw new Error('no scenario');
  // A just-in-time compiler and a cold page cache are not what is measured.
  for (const variant of variants) await redisBenchmark(variant.port, plainest, 30_000);

  const runs: ThroughputRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of shuffled(SCENARIOS, random)) {
      const found = await measureRound(round, scenario, variants, size.share, random);
      runs.push(...found);
      const rates = found
        .map((run) => `${run.variant} ${Math.round(run.SET / 1000).toString()}k SET`)
        .join(', ');
      console.log(`round ${String(round)}/${String(rounds)} ${scenario.name}: ${rates}`);
    }
  }
  const latencies = await measureLatency(
    rounds,
    size.latencyMs,
    variants,
    halfLoad(runs, plainest.name),
    random,
  );
  const summaries = { throughput: summarizeThroughput(runs), latency: summarizeLatency(latencies) };
  console.log(
    `\n${printThroughput(summaries.throughput)}\n\nlatency at half load, open loop, 50 connections, 64 B`,
  );
  console.log(printLatency(summaries.latency));
  const settings = { ...size, rounds, scenarios: SCENARIOS };
  return {
    bench: 'throughput-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings,
    summaries,
    runs: [...runs, ...latencies],
  };
}

/** Half of what the slowest variant can do: one rate for all, or the latencies could not be compared. */
function halfLoad(runs: readonly ThroughputRun[], scenario: string): number {
  const variants = [...new Set(runs.map((run) => run.variant))];
  const rates = variants.map((variant) =>
    median(
      runs
        .filter((run) => run.variant === variant && run.scenario === scenario)
        .map((run) => (run.SET + run.GET) / 2),
    ),
  );
  return Math.round(Math.min(...rates) / 2);
}

async function measureLatency(
  rounds: number,
  lengthMs: number,
  variants: readonly Variant[],
  ratePerSecond: number,
  random: Random,
): Promise<readonly LatencyRun[]> {
  const runs: LatencyRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const { name, port } of shuffled(variants, random)) {
      const result = await openLoop({
        port,
        connections: 50,
        ratePerSecond,
        valueBytes: 64,
        warmMs: 500,
        lengthMs,
      });
      runs.push({ ...result, round, variant: name });
    }
  }
  return runs;
}
