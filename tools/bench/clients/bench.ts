import { launch, settled } from '../cluster/cluster.ts';
import type { Options } from '../options.ts';
import { seeded } from '../random.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';
import { measureRound, type ThroughputRun } from '../throughput/measure.ts';
import { redisBenchmark } from '../throughput/redis-benchmark.ts';
import type { Scenario } from '../throughput/scenario.ts';
import { printThroughput, summarizeThroughput } from '../throughput/summary.ts';
import type { StartedVariant } from '../throughput/variant.ts';
import { variantStarters } from '../throughput/variants.ts';
import { ask } from '../wire/ask.ts';
import { type IdleFound, measureVariant } from './idle.ts';

interface Size {
  readonly idle: number;
  readonly rounds: number;
  readonly active: Scenario;
}

const ACTIVE: Scenario = {
  name: '5000 clients, 64 B',
  clients: 5000,
  pipeline: 1,
  valueBytes: 64,
  requests: 200_000,
};
/** The process takes 10,000 clients, and its own question whether it serves was one of them. */
const FULL: Size = { idle: 9950, rounds: 8, active: ACTIVE };
const QUICK: Size = {
  idle: 1000,
  rounds: 1,
  active: { ...ACTIVE, name: '1000 clients, 64 B', clients: 1000, requests: 20_000 },
};
/** A proxy that gives each client a connection needs as many of the server. */
const MAX_SERVER_CLIENTS = 15_000;
const BAR_KIB = 12;

/** Many clients on one process: what an idle one costs, and what thousands get done, beside HAProxy and no proxy. */
export async function clientsBench(options: Options): Promise<Result> {
  const size = options.isQuick ? QUICK : FULL;
  const rounds = options.runs ?? size.rounds;
  await using cluster = await launch(1);
  const primaryPort = await settled(cluster);
  await ask(primaryPort, ['CONFIG', 'SET', 'maxclients', String(MAX_SERVER_CLIENTS)]);
  const variants: StartedVariant[] = [];
  const idle: IdleFound[] = [];
  const runs: ThroughputRun[] = [];
  try {
    for (const start of variantStarters(options.only)) variants.push(await start(cluster, primaryPort));
    for (const variant of variants) {
      const found = await measureVariant(variant, size.idle);
      if (found !== undefined) idle.push(found);
    }
    console.log(printIdle(idle));
    const random = seeded(options.seed);
    for (const { port } of variants) await redisBenchmark(port, size.active, size.active.requests);
    for (let round = 1; round <= rounds; round++)
      runs.push(...(await measureRound(round, size.active, variants, 1, random)));
    console.log(`\n${printThroughput(summarizeThroughput(runs))}`);
  } finally {
    await Promise.all(variants.map((variant) => variant[Symbol.asyncDispose]()));
  }
  return {
    bench: 'clients-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings: { ...size, rounds },
    summaries: { idle, throughput: summarizeThroughput(runs) },
    runs,
  };
}

function printIdle(found: readonly IdleFound[]): string {
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const rows = found.map(({ variant, connections, beforeBytes, afterBytes, bytesPerConnection }) => [
    variant,
    String(connections),
    mib(beforeBytes),
    mib(afterBytes),
    (bytesPerConnection / 1024).toFixed(1),
    String(BAR_KIB),
  ]);
  return table(['idle clients of', 'connections', 'MiB before', 'MiB after', 'KiB each', 'bar'], rows);
}
