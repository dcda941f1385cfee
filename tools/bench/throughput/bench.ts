import { launch, settled } from '../cluster/cluster.ts';
import { openLoop } from '../openloop/generator.ts';
import type { Options } from '../options.ts';
import { keepOn, separateCpus } from '../process/affinity.ts';
import { type Random, seeded, shuffled } from '../random.ts';
import { median } from '../report/statistics.ts';
import type { Result } from '../report/write.ts';
import { ask, text } from '../wire/ask.ts';
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
  readonly warmShare: number;
  readonly latencyWarmMs: number;
  readonly latencyMs: number;
}
const FULL: Size = { rounds: 10, share: 1, warmShare: 1, latencyWarmMs: 2000, latencyMs: 5000 };
const QUICK: Size = { rounds: 2, share: 0.1, warmShare: 0.1, latencyWarmMs: 500, latencyMs: 1000 };

export async function throughputBench(options: Options): Promise<Result> {
  await using cluster = await launch(1);
  const primaryPort = await settled(cluster);
  const variants: StartedVariant[] = [];
  try {
    for (const start of variantStarters(options.only)) variants.push(await start(cluster, primaryPort));
    return await measure(options, primaryPort, variants);
  } finally {
    await Promise.all(variants.map((variant) => variant[Symbol.asyncDispose]()));
  }
}

async function measure(options: Options, primaryPort: number, variants: readonly Variant[]): Promise<Result> {
  const size = options.isQuick ? QUICK : FULL;
  const rounds = options.runs ?? size.rounds;
  const random = seeded(options.seed);
  const [plainest] = SCENARIOS;
  if (plainest === undefined) throw new Error('no scenario');
  // A just-in-time compiler and a cold page cache are not what is measured.
  for (const scenario of SCENARIOS) {
    for (const variant of variants)
      await redisBenchmark(variant.port, scenario, Math.round(scenario.requests * size.warmShare));
  }

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
  await separate(primaryPort, variants);
  const latencies = await measureLatency(rounds, size, variants, halfLoad(runs, plainest.name), random);
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

/** Leaves the generator a CPU of its own; the servers and proxies share the others, alike for every variant. */
async function separate(primaryPort: number, variants: readonly Variant[]): Promise<void> {
  const cpus = separateCpus();
  const server = Number(/process_id:(\d+)/.exec(text(await ask(primaryPort, ['INFO', 'server'])))?.[1]);
  const pids = [server, ...variants.flatMap(({ pid }) => pid ?? [])];
  const isDone = cpus !== undefined && keepOn(cpus.others, pids);
  if (!isDone)
    console.log('latency: the generator shares its CPU with what it measures (no taskset or one CPU)');
}

async function measureLatency(
  rounds: number,
  size: Size,
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
        warmMs: size.latencyWarmMs,
        lengthMs: size.latencyMs,
      });
      runs.push({ ...result, round, variant: name });
    }
  }
  return runs;
}
