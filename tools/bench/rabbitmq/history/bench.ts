import type { Options } from '../../options.ts';
import { seeded } from '../../random.ts';
import type { Result } from '../../report/write.ts';
import { launch, seriesOf, settled } from '../cluster/cluster.ts';
import { available } from '../contender/all.ts';
import { type Entrant, type HistoryRecord, type Limits, QUEUE_COUNT, runHistory } from './run.ts';
import { HISTORY_FAULTS, planFaults } from './schedule.ts';
import type { Struck } from './strike.ts';
import { breaches, detailsOf, printHistory } from './summary.ts';

/** Ours both ways, and who is chosen most of its peers. */
const DEFAULT_CONTENDERS = ['failover-in-process', 'failover-process', 'amqp-connection-manager'];
const FULL_FAULTS = 100;
const QUICK_FAULTS = 5;
/** ms; longer than ours holds anything, so that what is open then stays open. */
const FULL: Limits = { settleMs: 75_000, aliveMs: 15_000 };
const QUICK: Limits = { settleMs: 10_000, aliveMs: 5000 };
const LOG_LINES = 40;

export async function historyBench(options: Options): Promise<Result> {
  const contenders = available(options.only ?? DEFAULT_CONTENDERS);
  const count = options.runs ?? (options.isQuick ? QUICK_FAULTS : FULL_FAULTS);
  const limits = options.isQuick ? QUICK : FULL;
  const kinds = HISTORY_FAULTS.filter((fault) => options.faults?.includes(fault) ?? true);
  await using testbed = await launch(seriesOf(options));
  const entrants: Entrant[] = [];
  const records: HistoryRecord[] = [];
  const runs: { readonly contenders: readonly string[]; readonly struck: readonly Struck[] }[] = [];
  const failures: string[] = [];
  try {
    for (const { name, isOurs, start } of contenders)
      entrants.push({ name, isOurs, running: await start(testbed) });
    await settled(testbed);
    for (const group of groups(options, entrants)) {
      const names = group.map(({ name }) => name);
      console.log(`\n${names.join(', ')}`);
      // The same faults for each.
      const sizes = { nodes: testbed.members.length, queues: QUEUE_COUNT };
      const plan = planFaults(count, kinds, sizes, seeded(options.seed));
      const found = await runHistory(testbed, group, plan, limits);
      records.push(...found.records);
      runs.push({ contenders: names, struck: found.struck });
      for (const record of found.records) tell(record, found.struck, entrants);
      if (found.failure === undefined) continue;
      failures.push(found.failure);
      break;
    }
  } finally {
    await Promise.all(entrants.map(({ running }) => running[Symbol.asyncDispose]()));
  }
  console.log(`\n${printHistory(records)}`);
  const broken = records.filter((record) => record.isOurs && breaches(record).length > 0);
  for (const record of broken) console.log(`${record.contender}: BROKEN: ${breaches(record).join(', ')}`);
  if (broken.length > 0 || failures.length > 0) process.exitCode = 1;
  return {
    bench: 'history-rabbitmq',
    seed: options.seed,
    quick: options.isQuick,
    settings: { ...limits, faults: count, kinds, broker: testbed.version },
    summaries: records,
    runs,
    ...(failures.length === 0 ? {} : { failure: failures.join('\n') }),
  };
}

/** Each in a run of its own, or all under the same faults. */
function groups({ sharing }: Options, entrants: readonly Entrant[]): readonly (readonly Entrant[])[] {
  return sharing === 'none' ? entrants.map((entrant) => [entrant]) : [entrants];
}

function tell(record: HistoryRecord, struck: readonly Struck[], entrants: readonly Entrant[]): void {
  for (const detail of detailsOf(record, struck)) console.log(`${record.contender}: ${detail}`);
  if (!record.isOurs || breaches(record).length === 0) return;
  const running = entrants.find(({ name }) => name === record.contender)?.running;
  for (const line of running?.log?.().slice(-LOG_LINES) ?? [])
    console.log(`${record.contender} wrote: ${line}`);
}
