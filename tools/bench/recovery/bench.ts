import { type Fault, FAULTS } from '../cluster/fault.ts';
import { launch, settled } from '../cluster/cluster.ts';
import { available } from '../contender/all.ts';
import { startLoader } from '../load/load.ts';
import type { Options } from '../options.ts';
import { startProber } from '../prober/prober.ts';
import type { Result } from '../report/write.ts';
import { median } from '../report/statistics.ts';
import { ms } from '../report/table.ts';
import { faultsOf, planRounds, type Round, type RoundEnd, runRounds, untilFailure } from './rounds.ts';
import { capOf, type Entrant, runOnce, type RunRecord, type RunSettings, type Stage } from './run.ts';
import { printRecovery, summarizeRecovery } from './summary.ts';

const FULL: RunSettings = { workers: 8, everyMs: 10, capMs: 20_000, warmMs: 1000, watchForcedMs: 13_000 };
/** All contenders share each fault, and nobody is waited for long: a first figure, not a result. */
const QUICK: RunSettings = { workers: 8, everyMs: 25, capMs: 2000, warmMs: 500, watchForcedMs: 2000 };

/** ms after the first run begins; a run takes about 10 s, and the first figure shall be there within 50 s. */
const QUICK_LAST_START_MS = 25_000;
const QUICK_CALM_MS = 2000;
const FULL_RUNS = 30;
const TYPICAL_OUTAGE_MS = 1500;
/** Runs that do not count and are run again: more than that, and the machine is too busy for any figure. */
const MAX_AGAIN = 30;

export async function recoveryBench(options: Options): Promise<Result> {
  const contenders = available(options.only);
  await using cluster = await launch();
  const [prober, primaryPort] = await Promise.all([startProber(), settled(cluster)]);
  const entrants: Entrant[] = [];
  try {
    await Promise.all(
      contenders.map(async ({ name, isOurs, start }) => {
        const running = await start(cluster);
        entrants.push({ name, isOurs, running, loader: await startLoader(name, running.driver) });
      }),
    );
    entrants.sort((a, b) => a.name.localeCompare(b.name));
    return await measure(options, { cluster, prober, primaryPort }, entrants);
  } finally {
    await Promise.all(
      entrants.flatMap(({ running, loader }) => [loader.end(), running[Symbol.asyncDispose]()]),
    );
  }
}

async function measure(options: Options, stage: Stage, entrants: readonly Entrant[]): Promise<Result> {
  const settings = options.isQuick ? QUICK : FULL;
  const faults = faultsOf(FAULTS, options.faults);
  const runs = options.runs ?? (options.isQuick ? 1 : FULL_RUNS);
  const rounds = planRounds({ ...options, faults, runs }, entrants);
  const records: RunRecord[] = [];
  const one = async (
    run: number,
    round: Round<Fault, Entrant>,
    of: number,
    length = settings,
  ): Promise<RoundEnd> => {
    const found = await runOnce(stage, run, round.fault, round.entrants, length);
    records.push(...found);
    for (const record of found) console.log(line(run, of, record, capOf(round.fault, settings)));
    if (
      round.fault !== 'none' &&
      found.some((record) => record.isDisturbed) &&
      records.filter((record) => record.isDisturbed).length < MAX_AGAIN
    ) {
      console.log('     the servers switched twice by themselves: this run does not count and is run again');
      return 'again';
    }
    return 'counts';
  };
  const failure = await untilFailure(async () => {
    await runRounds(rounds, options.isQuick ? QUICK_LAST_START_MS : Infinity, one);
    await one(rounds.length + 1, { fault: 'none', entrants }, rounds.length, {
      ...settings,
      watchForcedMs: calmMs(options, records),
    });
  });
  const summaries = summarizeRecovery(records);
  console.log(printRecovery(summaries, (fault) => capOf(fault, settings)));
  return {
    bench: 'recovery-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings,
    summaries,
    runs: records,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** As long without a fault as one contender's runs with faults: nobody may switch, hold or doubt then. */
function calmMs(options: Options, records: readonly RunRecord[]): number {
  if (options.isQuick) return QUICK_CALM_MS;
  const outageMs =
    records.length === 0 ? TYPICAL_OUTAGE_MS : median(records.map((record) => record.outageMs));
  const kinds = faultsOf(FAULTS, options.faults).length || FAULTS.length;
  return (options.runs ?? FULL_RUNS) * kinds * (FULL.warmMs + outageMs);
}

function line(run: number, rounds: number, record: RunRecord, capMs: number): string {
  const { fault, contender, outageMs, addedFastestMs, addedSlowestMs } = record;
  const added =
    fault === 'none'
      ? ''
      : `outage ${ms(outageMs)}, added ${ms(addedFastestMs, capMs)} to ${ms(addedSlowestMs, capMs)} ms`;
  return `${String(run).padStart(4)}/${String(rounds)} ${fault} ${contender}: ${added}`;
}
