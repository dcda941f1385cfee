import type { Series } from '@failover/rabbitmq/testing';
import type { Options } from '../../options.ts';
import { type RoundEnd, runRounds, untilFailure } from '../../recovery/rounds.ts';
import { ms } from '../../report/table.ts';
import type { Result } from '../../report/write.ts';
import { launch, seriesOf, settled } from '../cluster/cluster.ts';
import { available } from '../contender/all.ts';
import { startLoader } from '../load/loader.ts';
import type { Pace } from '../load/orders.ts';
import { startProber } from '../prober/prober.ts';
import { oursFirst, planRounds, type Round } from './plan.ts';
import type { Entrant } from './placing.ts';
import { type RunRecord, runOnce, type RunSettings, type Stage } from './run.ts';
import { printRecovery, summarizeRecovery } from './summary.ts';

const FULL: Omit<RunSettings, 'capMs' | 'pace'> = { warmMs: 1000, watchMs: 4000, settleMs: 15_000 };
/** All contenders share each fault, and nobody is waited for long: a first figure, not a result. */
const QUICK: Omit<RunSettings, 'pace'> = { warmMs: 500, watchMs: 1500, capMs: 4000, settleMs: 3000 };
const QUICK_FAULTS: readonly string[] = ['kill', 'hang', 'drain', 'move'];

/** ms, and runs: brokers before 4.0 take a minute to see that one of them hangs. */
const FULL_SIZE: Readonly<Record<Series, { readonly capMs: number; readonly runs: number }>> = {
  '4.3': { capMs: 60_000, runs: 10 },
  '4.0': { capMs: 60_000, runs: 30 },
  '3.10': { capMs: 100_000, runs: 10 },
};
/** ms without a fault at the end: nobody may switch or close anything then. */
const CALM_MS = 60_000;
/** ms after the first run begins; a run takes about 12 s, and the first figure shall be there within 50 s. */
const QUICK_LAST_START_MS = 36_000;

export async function recoveryBench(options: Options): Promise<Result> {
  const version = seriesOf(options);
  const contenders = available(options.only);
  await using testbed = await launch(version);
  const prober = await startProber();
  const entrants: Entrant[] = [];
  try {
    await Promise.all(
      contenders.map(async ({ name, isOurs, start }) => {
        const running = await start(testbed);
        entrants.push({ name, isOurs, running, loader: await startLoader(name, running.spec) });
      }),
    );
    entrants.sort((a, b) => a.name.localeCompare(b.name));
    await settled(testbed);
    return await measure(options, version, { testbed, prober }, entrants);
  } finally {
    for (const { name, running } of entrants)
      for (const line of running.log?.().slice(-20) ?? []) console.log(`${name}: ${line}`);
    await Promise.all(
      entrants.flatMap(({ running, loader }) => [loader.end(), running[Symbol.asyncDispose]()]),
    );
  }
}

async function measure(
  options: Options,
  version: Series,
  stage: Stage,
  entrants: readonly Entrant[],
): Promise<Result> {
  const { capMs: fullCapMs, runs: fullRuns } = FULL_SIZE[version];
  const capMs = options.capMs ?? fullCapMs;
  const pace = paceOf(options.rate);
  const settings = options.isQuick ? { ...QUICK, pace } : { ...FULL, capMs, pace };
  const runs = options.runs ?? (options.isQuick ? 1 : fullRuns);
  const asked = options.isQuick ? { ...options, faults: options.faults ?? QUICK_FAULTS } : options;
  const rounds = planRounds(asked, runs, entrants);
  const records: RunRecord[] = [];
  const one = async (
    run: number,
    { fault, entrants: group }: Round,
    of: number,
    length = settings,
  ): Promise<RoundEnd> => {
    const found = await runOnce(stage, run, fault, group, length);
    records.push(...found);
    for (const record of found) console.log(line(run, of, record, settings.capMs));
    return 'counts';
  };
  const failure = await untilFailure(async () => {
    await runRounds(rounds, options.isQuick ? QUICK_LAST_START_MS : Infinity, one);
    const calm: Round = { fault: 'none', entrants: oursFirst(entrants) };
    if (!options.isQuick)
      await one(rounds.length + 1, calm, rounds.length, {
        ...settings,
        watchMs: CALM_MS,
        capMs: CALM_MS * 2,
      });
  });
  const summaries = summarizeRecovery(records);
  console.log(printRecovery(summaries, settings.capMs));
  return {
    bench: 'recovery-rabbitmq',
    seed: options.seed,
    quick: options.isQuick,
    settings: { ...settings, broker: stage.testbed.version },
    summaries,
    runs: records,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Three hundred are what the benches of throughput have in flight. */
function paceOf(rate: Options['rate'] = 5): Pace {
  return rate === 'full' ? { type: 'full', inFlight: 300 } : { type: 'every', ms: Math.max(1, rate) };
}

function line(run: number, rounds: number, record: RunRecord, capMs: number): string {
  const { publish, consume, lost, doubledSilently, unsettled, crashes, closings, errors } = record;
  const isOurs = record.told !== undefined;
  const harm = [
    ...(lost > 0 ? [`LOST ${lost}`] : []),
    ...(doubledSilently > 0 ? [`silently doubled ${doubledSilently}`] : []),
    ...(unsettled > 0 ? [`unsettled ${unsettled}`] : []),
    ...(isOurs && closings.length > 0 ? [`closed: ${closings.join('; ')}`] : []),
    ...(isOurs ? Object.entries(errors).map(([kind, count]) => `${count} ${kind}`) : []),
    ...crashes.slice(0, 3).map((crash) => `crash: ${crash.split('\n').slice(0, 3).join(' ')}`),
  ];
  return [
    `${String(run).padStart(4)}/${rounds} ${record.fault} ${record.contender}:`,
    `publish ${ms(publish.own, capMs)} (${ms(publish.beyond, capMs)} beyond the broker),`,
    `consume ${ms(consume.own, capMs)} (${ms(consume.beyond, capMs)}) ms`,
    ...harm,
  ].join(' ');
}
