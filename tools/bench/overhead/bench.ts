import { launch, settled } from '../cluster/cluster.ts';
import { sentinelAddress } from '../contender/peers.ts';
import type { DriverSpec } from '../load/driver/driver.ts';
import type { Options } from '../options.ts';
import { end } from '../process/child.ts';
import { seeded, shuffled } from '../random.ts';
import { type Interval, median, pairedRatios } from '../report/statistics.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';
import { type Shape, SHAPE_TITLES, SHAPES } from './shape.ts';
import { type Slicer, startSlicer } from './slicer.ts';

interface Size {
  readonly pairs: number;
  readonly sliceMs: number;
}
const FULL: Size = { pairs: 60, sliceMs: 250 };
const QUICK: Size = { pairs: 12, sliceMs: 250 };
/** The first slices are the compiler's. */
const WARM_SLICES = 8;

interface OverheadRun {
  readonly pair: number;
  readonly shape: Shape;
  readonly bare: number;
  readonly ours: number;
}

interface OverheadSummary {
  readonly shape: Shape;
  /** Median operations a second. */
  readonly bare: number;
  readonly ours: number;
  readonly ratio: Interval;
}

export async function overheadBench(options: Options): Promise<Result> {
  const size = options.isQuick ? QUICK : FULL;
  const pairs = options.runs ?? size.pairs;
  await using cluster = await launch(1);
  await settled(cluster);
  const address = sentinelAddress(cluster);
  // Two ioredis side by side show how much of a ratio is noise.
  const isCalibration = options.only?.includes('calibrate') ?? false;
  const bareSpec: DriverSpec = { type: 'ioredisSentinel', failoverDetector: false, ...address };
  const oursSpec: DriverSpec = isCalibration
    ? bareSpec
    : { type: 'failoverInProcess', share: 'client', ...address };
  const bare = await startSlicer('bare ioredis', bareSpec);
  const ours = await startSlicer(isCalibration ? 'bare ioredis again' : 'failover', oursSpec);
  try {
    const runs = await measure(bare, ours, pairs, size.sliceMs, options.seed);
    const summaries = SHAPES.map((shape) => summarize(shape, runs));
    print(summaries, ours.name);
    return {
      bench: 'overhead-redis',
      seed: options.seed,
      quick: options.isQuick,
      settings: { ...size, pairs },
      summaries,
      runs,
    };
  } finally {
    await Promise.all([end(bare.process), end(ours.process)]);
  }
}

/** Short slices in turn, so that whatever slows the machine slows both. */
async function measure(
  bare: Slicer,
  ours: Slicer,
  pairs: number,
  sliceMs: number,
  seed: number,
): Promise<readonly OverheadRun[]> {
  const random = seeded(seed);
  const runs: OverheadRun[] = [];
  for (const shape of SHAPES) {
    for (let slice = 0; slice < WARM_SLICES; slice++)
      for (const slicer of [bare, ours]) await slicer.slice(shape, sliceMs);
  }
  for (let pair = 1; pair <= pairs; pair++) {
    for (const shape of shuffled(SHAPES, random)) {
      const rates = new Map<Slicer, number>();
      for (const slicer of shuffled([bare, ours], random))
        rates.set(slicer, await slicer.slice(shape, sliceMs));
      runs.push({ pair, shape, bare: rates.get(bare) ?? NaN, ours: rates.get(ours) ?? NaN });
    }
  }
  return runs;
}

function summarize(shape: Shape, runs: readonly OverheadRun[]): OverheadSummary {
  const own = runs.filter((run) => run.shape === shape);
  const [bare, ours] = [own.map((run) => run.bare), own.map((run) => run.ours)];
  return { shape, bare: median(bare), ours: median(ours), ratio: pairedRatios(ours, bare) };
}

function print(summaries: readonly OverheadSummary[], name: string): void {
  const rows = summaries.map(({ shape, bare, ours, ratio }) => [
    SHAPE_TITLES[shape],
    Math.round(bare).toLocaleString('en'),
    Math.round(ours).toLocaleString('en'),
    `${ratio.median.toFixed(3)} (${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)})`,
  ]);
  console.log(table(['operations a second', 'bare ioredis', name, 'ratio'], rows));
}
