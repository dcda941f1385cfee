import { pause, until } from '../clock.ts';
import { launch, type RedisCluster, settled } from '../cluster/cluster.ts';
import { heal, inject } from '../cluster/fault.ts';
import { available } from '../contender/all.ts';
import type { DriverSpec } from '../load/driver/driver.ts';
import type { Options } from '../options.ts';
import { end } from '../process/child.ts';
import { nextMessage, startModule } from '../process/module.ts';
import { type Prober, startProber } from '../prober/prober.ts';
import { firstMasterAfter } from '../prober/sighting.ts';
import { type Random, seeded, shuffled } from '../random.ts';
import { bootstrap, type Interval, median } from '../report/statistics.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';
import { peakPerSecond } from './commands.ts';
import type { HerdSettings } from './orders.ts';
import { startSampler } from './sampler.ts';

const HERD = 200;
const PROCESSES = 4;
/** The bench's prober asks each server for its role each 10 ms. */
const PROBER_PER_SECOND = 100;
const FULL_PAIRS = 15;
const QUICK_PAIRS = 1;

interface HerdRun {
  readonly pair: number;
  readonly clients: number;
  /** ms from the kill to the successor's first ROLE master. */
  readonly electionMs: number;
  /** The most that one server, or one Sentinel, was asked within a second, from before the fault to after it. */
  readonly serverPeak: number;
  readonly sentinelPeak: number;
  /** The same in the calm second before the fault. */
  readonly calmServerPeak: number;
  readonly calmSentinelPeak: number;
}

interface HerdSummary {
  readonly one: HerdFigures;
  readonly herd: HerdFigures;
  /** ms; herd less one, of the same pair. */
  readonly electionLonger: Interval;
}

interface HerdFigures {
  readonly electionMs: number;
  readonly serverPeak: number;
  readonly sentinelPeak: number;
  readonly calmServerPeak: number;
  readonly calmSentinelPeak: number;
}

export async function herdBench(options: Options): Promise<Result> {
  const [contender] = available(options.only ?? ['failover-in-process']);
  if (contender === undefined) throw new Error('nobody to run');
  await using cluster = await launch();
  const prober = await startProber();
  await using running = await contender.start(cluster);
  const random = seeded(options.seed);
  const pairs = options.runs ?? (options.isQuick ? QUICK_PAIRS : FULL_PAIRS);
  const stage: Stage = {
    cluster,
    prober,
    driver: alone(running.driver),
    primaryPort: await settled(cluster),
  };
  const runs: HerdRun[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    for (const clients of shuffled([1, HERD], random)) {
      const run = await once(stage, pair, clients, random);
      runs.push(run);
      console.log(
        `pair ${String(pair)}/${String(pairs)} ${String(clients)} clients: election ${run.electionMs.toFixed(0)} ms, ` +
          `at most ${String(run.serverPeak)} probes/s on a server, ${String(run.sentinelPeak)} commands/s on a Sentinel`,
      );
    }
  }
  const summaries = summarize(runs);
  print(summaries);
  return {
    bench: 'herd-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings: { contender: contender.name, herd: HERD, processes: PROCESSES, pairs },
    summaries,
    runs,
  };
}

/** A herd is made of clients that know nothing of each other. */
function alone(driver: DriverSpec): DriverSpec {
  return driver.type === 'failoverInProcess' ? { ...driver, share: 'nothing' } : driver;
}

interface Stage {
  readonly cluster: RedisCluster;
  readonly prober: Prober;
  readonly driver: DriverSpec;
  primaryPort: number;
}

const isReady = (message: unknown): message is { readonly type: 'ready' } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

async function once(stage: Stage, pair: number, clients: number, random: Random): Promise<HerdRun> {
  const { cluster, prober } = stage;
  const oldPort = stage.primaryPort;
  const processes = Math.min(PROCESSES, clients);
  const children = Array.from({ length: processes }, () => {
    const settings: HerdSettings = { driver: stage.driver, clients: clients / processes, key: 'herd' };
    return startModule(new URL('./main.ts', import.meta.url), settings);
  });
  try {
    await Promise.all(children.map((child) => nextMessage(child, 'the herd is connected', 60_000, isReady)));
    prober.begin(cluster.serverPorts, 'probe:herd');
    // Connecting is over before anything is counted.
    await pause(1500);
    const calm = startSampler(cluster.serverPorts, cluster.sentinelPorts);
    await pause(1500 + random() * 1000);
    const calmSamples = await calm.stop();
    const sampler = startSampler(cluster.serverPorts, cluster.sentinelPorts);
    const faultAt = await inject(cluster, 'kill', oldPort);
    const electedAt = (): number | undefined =>
      cluster.serverPorts
        .filter((port) => port !== oldPort)
        .map((port) => firstMasterAfter(prober.roles(), port, faultAt))
        .find((found) => found !== undefined);
    await until(
      'a successor answers ROLE master',
      60_000,
      () => Promise.resolve(electedAt() !== undefined),
      10,
    );
    await pause(2000);
    const samples = await sampler.stop();
    await prober.finish();
    const peak = (from: typeof samples, ports: readonly number[], ownPerSecond = 0): number =>
      Math.max(...ports.map((port) => peakPerSecond(from.get(port) ?? [], ownPerSecond)));
    return {
      pair,
      clients,
      electionMs: (electedAt() ?? NaN) - faultAt,
      serverPeak: peak(samples, cluster.serverPorts, PROBER_PER_SECOND),
      sentinelPeak: peak(samples, cluster.sentinelPorts),
      calmServerPeak: peak(calmSamples, cluster.serverPorts, PROBER_PER_SECOND),
      calmSentinelPeak: peak(calmSamples, cluster.sentinelPorts),
    };
  } finally {
    await Promise.all(children.map(end));
    stage.primaryPort = await heal(cluster, 'kill', oldPort);
  }
}

function summarize(runs: readonly HerdRun[]): HerdSummary {
  const of = (clients: number): readonly HerdRun[] =>
    runs.filter((run) => run.clients === clients).sort((a, b) => a.pair - b.pair);
  const figures = (own: readonly HerdRun[]): HerdFigures => ({
    electionMs: median(own.map((run) => run.electionMs)),
    serverPeak: Math.max(...own.map((run) => run.serverPeak)),
    sentinelPeak: Math.max(...own.map((run) => run.sentinelPeak)),
    calmServerPeak: Math.max(...own.map((run) => run.calmServerPeak)),
    calmSentinelPeak: Math.max(...own.map((run) => run.calmSentinelPeak)),
  });
  const [one, herd] = [of(1), of(HERD)];
  return {
    one: figures(one),
    herd: figures(herd),
    electionLonger: bootstrap(herd.map((run, index) => run.electionMs - (one[index]?.electionMs ?? NaN))),
  };
}

function print({ one, herd, electionLonger }: HerdSummary): void {
  const row = (name: string, figures: HerdFigures): readonly string[] => [
    name,
    figures.electionMs.toFixed(0),
    ...[figures.calmServerPeak, figures.serverPeak, figures.calmSentinelPeak, figures.sentinelPeak].map(
      String,
    ),
  ];
  const head = [
    'clients',
    'election ms',
    'probes/s on a server: calm',
    'in a failover',
    'commands/s on a Sentinel: calm',
    'in a failover',
  ];
  console.log(`\n${table(head, [row('1', one), row(String(HERD), herd)])}`);
  const { median: middle, low, high } = electionLonger;
  console.log(
    `election with ${String(HERD)} less with 1: ${middle.toFixed(0)} ms (${low.toFixed(0)} to ${high.toFixed(0)})`,
  );
}
