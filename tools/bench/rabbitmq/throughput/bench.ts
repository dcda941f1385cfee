import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { UsageError, type Options } from '../../options.ts';
import { failoverMissing } from '../../process/failover.ts';
import { type Random, seeded } from '../../random.ts';
import { median } from '../../report/statistics.ts';
import type { Result } from '../../report/write.ts';
import { launch, seriesOf, settled } from '../cluster/cluster.ts';
import { openField } from './field.ts';
import {
  BODY_BYTES,
  type LatencyRun,
  measureLatency,
  measureRounds,
  type Size,
  type SliceRun,
} from './measure.ts';
import { type MemoryFound, measureMemory } from './memory/measure.ts';
import { DIRECT, direct, gateway, haproxy, inProcess, pipe } from './route.ts';
import { printLatency, printMemory, printRates, summarizeLatency, summarizeRates } from './summary.ts';

/** `calibrate` has two bare clients in place of ours and bare: how much of a ratio is noise. Only if asked for. */
const PARTS = ['in-process', 'calibrate', 'proxies', 'latency', 'memory'] as const;
type Part = (typeof PARTS)[number];

interface Sizes {
  readonly inProcess: Size;
  readonly proxies: Size;
  readonly latencyRounds: number;
  readonly latencyWarmMs: number;
  readonly latencyMs: number;
  readonly idleConnections: number;
}

const FULL: Sizes = {
  inProcess: { rounds: 60, warmTurns: 8, publishMs: 500, consumeMessages: 5000 },
  proxies: { rounds: 30, warmTurns: 8, publishMs: 500, consumeMessages: 5000 },
  latencyRounds: 10,
  latencyWarmMs: 1000,
  latencyMs: 5000,
  idleConnections: 5000,
};
const QUICK: Sizes = {
  inProcess: { rounds: 8, warmTurns: 3, publishMs: 250, consumeMessages: 1500 },
  proxies: { rounds: 5, warmTurns: 2, publishMs: 250, consumeMessages: 1500 },
  latencyRounds: 1,
  latencyWarmMs: 250,
  latencyMs: 1500,
  idleConnections: 300,
};

export async function throughputBench(options: Options): Promise<Result> {
  const parts = partsOf(options.only);
  const sizes = sized(options);
  const random = seeded(options.seed);
  await using testbed = await launch(seriesOf(options));
  await settled(testbed);
  const slices: SliceRun[] = [];
  const latencies: LatencyRun[] = [];
  let memory: MemoryFound | undefined;
  if (parts.has('in-process')) slices.push(...(await measureInProcess(testbed, sizes, random)));
  if (parts.has('calibrate')) slices.push(...(await calibrate(testbed, sizes, random)));
  const isGatewayThere = canServe();
  if (isGatewayThere && (parts.has('proxies') || parts.has('latency'))) {
    const found = await measureProxies(testbed, sizes, parts.has('latency'), random);
    slices.push(...found.slices);
    latencies.push(...found.latencies);
  }
  if (isGatewayThere && parts.has('memory')) {
    memory = await measureMemory(testbed, sizes.idleConnections);
    console.log(printMemory(memory));
  }
  return {
    bench: 'throughput-rabbitmq',
    seed: options.seed,
    quick: options.isQuick,
    settings: { ...sizes, bodyBytes: BODY_BYTES, broker: testbed.version },
    summaries: { rates: summarizeRates(slices), latency: summarizeLatency(latencies), memory },
    runs: [...slices, ...latencies],
  };
}

function partsOf(only: readonly string[] | undefined): ReadonlySet<Part> {
  const unknown = only?.filter((name) => !PARTS.some((part) => part === name)) ?? [];
  if (unknown.length > 0)
    throw new UsageError(`no part named ${unknown.join(', ')}; there are: ${PARTS.join(', ')}`);
  return new Set(PARTS.filter((part) => only?.includes(part) ?? part !== 'calibrate'));
}

function sized({ isQuick, runs }: Options): Sizes {
  const sizes = isQuick ? QUICK : FULL;
  if (runs === undefined) return sizes;
  return {
    ...sizes,
    inProcess: { ...sizes.inProcess, rounds: runs },
    proxies: { ...sizes.proxies, rounds: runs },
    latencyRounds: Math.min(runs, sizes.latencyRounds),
  };
}

function canServe(): boolean {
  const why = failoverMissing();
  if (why !== undefined) console.log(`SKIPPED the local process: ${why}`);
  return why === undefined;
}

async function measureInProcess(
  testbed: RabbitTestbed,
  { inProcess: size }: Sizes,
  random: Random,
): Promise<readonly SliceRun[]> {
  await using field = await openField(testbed, inProcess(testbed), (node) => Promise.resolve([direct(node)]));
  const runs = await measureRounds('in process', field, size, random);
  console.log(`\n${printRates(summarizeRates(runs))}\n`);
  return runs;
}

async function calibrate(
  testbed: RabbitTestbed,
  { inProcess: size }: Sizes,
  random: Random,
): Promise<readonly SliceRun[]> {
  const [node] = testbed.members;
  if (node === undefined) throw new Error('a cluster without nodes');
  await using field = await openField(testbed, direct(node, 'direct again'), (same) =>
    Promise.resolve([direct(same)]),
  );
  const runs = await measureRounds('calibration', field, size, random);
  console.log(`\n${printRates(summarizeRates(runs))}\n`);
  return runs;
}

async function measureProxies(
  testbed: RabbitTestbed,
  sizes: Sizes,
  withLatency: boolean,
  random: Random,
): Promise<{ readonly slices: readonly SliceRun[]; readonly latencies: readonly LatencyRun[] }> {
  await using field = await openField(testbed, await gateway(testbed), (node) =>
    Promise.all([Promise.resolve(direct(node)), haproxy(testbed, node), pipe(node)]),
  );
  const slices = await measureRounds('proxies', field, sizes.proxies, random);
  console.log(`\n${printRates(summarizeRates(slices))}\n`);
  if (!withLatency) return { slices, latencies: [] };
  const ratePerSecond = Math.round(
    median(
      slices
        .filter(({ kind, route }) => kind === 'publish' && route === DIRECT)
        .map(({ perSecond }) => perSecond),
    ) / 2,
  );
  const load = { ratePerSecond, warmMs: sizes.latencyWarmMs, lengthMs: sizes.latencyMs };
  const latencies = await measureLatency(field, sizes.latencyRounds, load, random);
  console.log('publish to confirm at half of the direct load, open loop');
  console.log(`${printLatency(summarizeLatency(latencies))}\n`);
  return { slices, latencies };
}
