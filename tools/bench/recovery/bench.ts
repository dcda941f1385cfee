import { now } from '../clock.ts';
import { type Fault, FAULTS } from '../cluster/fault.ts';
import { launch, settled } from '../cluster/cluster.ts';
import { available } from '../contender/all.ts';
import { startLoader } from '../load/load.ts';
import type { Options, Sharing } from '../options.ts';
import { startProber } from '../prober/prober.ts';
import { seeded, shuffled } from '../random.ts';
import type { Result } from '../report/write.ts';
import { median } from '../report/statistics.ts';
import { ms } from '../report/table.ts';
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

interface Round {
  readonly fault: Fault;
  readonly entrants: readonly Entrant[];
}

function plan(options: Options, entrants: readonly Entrant[]): readonly Round[] {
  const random = seeded(options.seed);
  const runs = options.runs ?? (options.isQuick ? 1 : FULL_RUNS);
  const once = faultsOf(options).flatMap((fault) =>
    groups(options.sharing, entrants).map((group) => ({ fault, group })),
  );
  return shuffled(Array.from({ length: runs }, () => once).flat(), random).map(({ fault, group }) => ({
    fault,
    entrants: shuffled(group, random),
  }));
}

/** With `--faults none` there are none, and only the run without a fault remains. */
function faultsOf(options: Options): readonly Fault[] {
  return FAULTS.filter((fault) => options.faults?.includes(fault) ?? true);
}

/** Those who meet a fault together. */
function groups(sharing: Sharing, entrants: readonly Entrant[]): readonly (readonly Entrant[])[] {
  const alone = (entrant: Entrant): readonly Entrant[] => [entrant];
  switch (sharing) {
    case 'none':
      return entrants.map(alone);
    case 'all':
      return [entrants];
    case 'peers': {
      const peers = entrants.filter(({ isOurs }) => !isOurs);
      const ours = entrants.filter(({ isOurs }) => isOurs).map(alone);
      return peers.length === 0 ? ours : [...ours, peers];
    }
  }
}

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
  const rounds = [...plan(options, entrants)];
  const records: RunRecord[] = [];
  const one = async (run: number, round: Round, length = settings): Promise<void> => {
    const found = await runOnce(stage, run, round.fault, round.entrants, length);
    records.push(...found);
    for (const record of found) console.log(line(run, rounds.length, record, capOf(round.fault, settings)));
    if (
      round.fault !== 'none' &&
      found.some((record) => record.isDisturbed) &&
      records.filter((record) => record.isDisturbed).length < MAX_AGAIN
    ) {
      console.log('     the servers switched twice by themselves: this run does not count and is run again');
      rounds.push(round);
    }
  };
  const startedAt = now();
  let failure: string | undefined;
  try {
    for (const [index, round] of rounds.entries()) {
      if (options.isQuick && now() - startedAt > QUICK_LAST_START_MS) {
        console.log(`${round.fault} was left out: a quick run has no more time on a machine this busy`);
      } else {
        await one(index + 1, round);
      }
    }
    const calm: Round = { fault: 'none', entrants };
    await one(rounds.length + 1, calm, {
      ...settings,
      watchForcedMs: calmMs(options, records),
    });
  } catch (error) {
    // An hour of runs is worth more than the reason why it ended: both are told.
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(failure);
    process.exitCode = 1;
  }
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
  const kinds = faultsOf(options).length || FAULTS.length;
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
