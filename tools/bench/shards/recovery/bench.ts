import type { Options } from '../../options.ts';
import { startProber } from '../../prober/prober.ts';
import {
  faultsOf,
  planRounds,
  type Round,
  type RoundEnd,
  runRounds,
  untilFailure,
} from '../../recovery/rounds.ts';
import { ms } from '../../report/table.ts';
import type { Result } from '../../report/write.ts';
import { launch } from '../cluster/cluster.ts';
import { type Fault, FAULTS } from '../cluster/fault.ts';
import { available } from '../contender/all.ts';
import { barsOf, printBars } from './bars.ts';
import { type Entrant, type Finding, type RunRecord, runOnce, type RunSettings, type Stage } from './run.ts';
import { printShards, ratio, summarizeShards } from './summary.ts';

const FULL: RunSettings = { workers: 8, everyMs: 5, capMs: 10_000, warmMs: 5000 };
/** All contenders share each fault, and nobody is waited for long: a first figure, not a result. */
const QUICK: RunSettings = { workers: 8, everyMs: 5, capMs: 3000, warmMs: 4500 };

const FULL_RUNS = 30;
/** ms after the first run begins; a run takes about 14 s, and the first figure shall be there within 50 s. */
const QUICK_LAST_START_MS = 25_000;
/** Runs that do not count and are run again: more than that, and the machine is too busy for any figure. */
const MAX_AGAIN = 30;

export async function recoveryBench(options: Options): Promise<Result> {
  const contenders = await available(options.only);
  await using cluster = await launch();
  const prober = await startProber();
  const entrants: Entrant[] = [];
  try {
    await Promise.all(
      contenders.map(async ({ name, isOurs, isControl = false, start }) => {
        entrants.push({ name, isOurs, isControl, running: await start(cluster) });
      }),
    );
    entrants.sort((a, b) => a.name.localeCompare(b.name));
    return await measure(options, { cluster, prober }, entrants);
  } finally {
    if (process.exitCode === 1)
      for (const { name, running } of entrants)
        for (const said of running.log?.().slice(-20) ?? []) console.log(`${name}: ${said}`);
    await Promise.all(entrants.map(({ running }) => running[Symbol.asyncDispose]()));
  }
}

async function measure(options: Options, stage: Stage, entrants: readonly Entrant[]): Promise<Result> {
  const chosen = options.isQuick ? QUICK : FULL;
  const settings: RunSettings = { ...chosen, capMs: options.capMs ?? chosen.capMs };
  const faults = faultsOf(FAULTS, options.faults);
  const runs = options.runs ?? (options.isQuick ? 1 : FULL_RUNS);
  const rounds = planRounds({ ...options, faults, runs }, entrants);
  const findings: Finding[] = [];
  let again = 0;
  const one = async (run: number, round: Round<Fault, Entrant>, of: number): Promise<RoundEnd> => {
    const found = await runOnce(stage, run, round.fault, round.entrants, settings);
    findings.push(...found);
    for (const { record } of found) console.log(line(run, of, record, settings.capMs));
    if (!found.some(({ record }) => record.isDisturbed) || again === MAX_AGAIN) return 'counts';
    again += 1;
    console.log('     another shard changed its primary too: this run does not count and is run again');
    return 'again';
  };
  const lastStartMs = options.isQuick && options.runs === undefined ? QUICK_LAST_START_MS : Infinity;
  const failure = await untilFailure(() => runRounds(rounds, lastStartMs, one));
  const summaries = summarizeShards(findings);
  const bars = barsOf(summaries);
  console.log(printShards(summaries, settings.capMs));
  console.log(`\n${printBars(bars)}`);
  return {
    bench: 'recovery-redis-cluster',
    seed: options.seed,
    quick: options.isQuick,
    settings,
    summaries: { contenders: summaries, bars },
    runs: findings.map(({ record }) => record),
    ...(failure === undefined ? {} : { failure }),
  };
}

function line(run: number, of: number, record: RunRecord, capMs: number): string {
  const { fault, contender, outageMs, addedMs, addedSlowestMs, others, errors, isOurs, isControl } = record;
  const first = [
    `${String(run).padStart(4)}/${of} ${fault} ${contender}: election ${ms(outageMs)},`,
    isControl ? 'a control;' : `added ${ms(addedMs, capMs)}, slowest worker ${ms(addedSlowestMs, capMs)} ms;`,
    `others' p99 ${ms(others.calm)} and ${ms(others.during)} ms (${ratio(others.ratio)})`,
  ].join(' ');
  return [
    first,
    ...(isOurs ? Object.entries(errors).map(([kind, count]) => `       ${count} ${kind}`) : []),
  ].join('\n');
}
