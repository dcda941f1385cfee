import {
  checkHistory,
  type FinalState,
  type OperationRecord,
  type Succession,
  type Verdict,
} from '@failover/testing';
import { pause } from '../clock.ts';
import { launch, type RedisCluster, settled } from '../cluster/cluster.ts';
import { available } from '../contender/all.ts';
import type { Running } from '../contender/contender.ts';
import type { Options } from '../options.ts';
import { startProber, type Prober } from '../prober/prober.ts';
import { type Random, seeded } from '../random.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';
import { ask } from '../wire/ask.ts';
import { type Blow, countInFlight, countUnexplained, noticeMs } from './in-flight.ts';
import { counterKey } from './keys.ts';
import { type HistoryLoad, startHistoryLoad } from './load.ts';
import { faultSchedule, HISTORY_FAULTS, type HistoryFault } from './schedule.ts';
import { type Demotion, type Struck, strike } from './strike.ts';
import { successionsOf } from './successions.ts';

/** The bare driver, and ours both ways. */
const DEFAULT_CONTENDERS = ['ioredis', 'failover-in-process', 'failover-process'];
const FULL_FAULTS = 100;
const QUICK_FAULTS = 3;
/** One that needs a second election takes half a minute: not in a first figure. */
const QUICK_KINDS: readonly HistoryFault[] = ['kill', 'hang', 'sentinelFailover'];

interface HistorySummary {
  readonly contender: string;
  readonly verdict: Verdict;
  readonly unsettled: number;
  /** Connections of the application that were closed under its hands. */
  readonly closed: number;
  readonly inFlight: number;
  readonly unexplainedUnknown: number;
  /** How often each first word of an error came, with its outcome. */
  readonly errors: Readonly<Record<string, number>>;
}

export async function historyBench(options: Options): Promise<Result> {
  const contenders = available(options.only ?? DEFAULT_CONTENDERS);
  await using cluster = await launch();
  await keepOnDisk(cluster);
  const prober = await startProber();
  const entrants: { readonly name: string; readonly running: Running }[] = [];
  try {
    for (const { name, start } of contenders) entrants.push({ name, running: await start(cluster) });
    const loads = await Promise.all(
      entrants.map(({ name, running }) => startHistoryLoad(name, running.driver)),
    );
    return await measure(options, cluster, prober, loads);
  } finally {
    await Promise.all(entrants.map(({ running }) => running[Symbol.asyncDispose]()));
  }
}

/** A primary that is restarted in its place must come back with its data: an empty one would empty its replicas. */
async function keepOnDisk(cluster: RedisCluster): Promise<void> {
  for (const port of cluster.serverPorts) {
    await ask(port, ['CONFIG', 'SET', 'appendonly', 'yes']);
    await ask(port, ['CONFIG', 'REWRITE']);
  }
}

async function measure(
  options: Options,
  cluster: RedisCluster,
  prober: Prober,
  loads: readonly HistoryLoad[],
): Promise<Result> {
  const random = seeded(options.seed);
  const count = options.runs ?? (options.isQuick ? QUICK_FAULTS : FULL_FAULTS);
  const all = options.isQuick ? QUICK_KINDS : HISTORY_FAULTS;
  const kinds = all.filter((kind) => options.faults?.includes(kind) ?? true);
  const struck: Struck[] = [];
  const successions: Succession[] = [];
  const blows: Blow[] = [];
  let primaryPort = await settled(cluster);
  for (const [index, fault] of faultSchedule(count, kinds, random).entries()) {
    const found = await oneFault(
      cluster,
      prober,
      fault,
      primaryPort,
      random,
      index,
      options.isQuick ? 'byUs' : 'bySentinel',
    );
    primaryPort = found.struck.newPort;
    struck.push(found.struck);
    successions.push(...found.successions);
    blows.push({ at: found.struck.at, noticedAt: found.struck.at + noticeMs(fault) });
    // A successor that is turned back takes what was under way with it.
    for (const { roleAt } of found.successions)
      blows.push({ at: roleAt, noticedAt: roleAt + noticeMs('kill') });
    const chain = [found.struck.oldPort, ...found.successions.map(({ to }) => to)].join(' → ');
    console.log(`${String(index + 1).padStart(4)}/${String(count)} ${fault}: ${chain}`);
  }
  const summaries: HistorySummary[] = [];
  for (const load of loads) {
    const { history, closed } = await load.finish();
    const verdict = checkHistory(history, await finalState(primaryPort, load.name, history), { successions });
    summaries.push({
      contender: load.name,
      verdict,
      unsettled: verdict.unsettled.count,
      closed,
      inFlight: countInFlight(history, blows),
      unexplainedUnknown: countUnexplained(history, blows),
      errors: countErrors(history),
    });
  }
  print(summaries);
  return {
    bench: 'history-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings: { faults: count, kinds },
    summaries,
    runs: [...struck, ...successions],
  };
}

async function oneFault(
  cluster: RedisCluster,
  prober: Prober,
  fault: HistoryFault,
  primaryPort: number,
  random: Random,
  index: number,
  demotion: Demotion,
): Promise<{ readonly struck: Struck; readonly successions: readonly Succession[] }> {
  prober.begin(cluster.serverPorts, `probe:history:${String(index)}`);
  await pause(500 + random() * 1000);
  const struck = await strike(cluster, fault, primaryPort, random, demotion);
  const { sightings } = await prober.finish();
  await ask(struck.newPort, ['UNLINK', `probe:history:${String(index)}`]);
  return { struck, successions: successionsOf(struck, sightings) };
}

/** What the primary holds when all is healed. */
async function finalState(
  port: number,
  name: string,
  history: readonly OperationRecord[],
): Promise<FinalState> {
  const keys = new Set(history.filter((record) => record.f === 'append').map((record) => record.key));
  const lists: Record<string, readonly string[]> = {};
  for (const key of keys) {
    const reply = await ask(port, ['LRANGE', key, '0', '-1'], 5000);
    lists[key] = Array.isArray(reply) ? reply.map(String) : [];
  }
  const counter = counterKey(name);
  return { lists, counters: { [counter]: Number((await ask(port, ['GET', counter])) ?? 0) } };
}

function countErrors(history: readonly OperationRecord[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { error, outcome } of history) {
    if (error === undefined) continue;
    const kind = `${String(outcome)}: ${error.split(' ').slice(0, 4).join(' ')}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function print(summaries: readonly HistorySummary[]): void {
  const rows = summaries.map(({ contender, verdict, closed, inFlight, unexplainedUnknown }) =>
    [
      contender,
      verdict.operations.total,
      verdict.lost.byUs.count,
      verdict.lost.byBackend.count,
      verdict.doubled.silently.count,
      verdict.stale.count,
      verdict.reordered.count,
      verdict.unsettled.count,
      verdict.phantom.count,
      closed,
      `${String(verdict.operations.unknown)}/${String(inFlight)}`,
      unexplainedUnknown,
      verdict.operations.refused,
      verdict.operations.error,
      verdict.isValid ? 'valid' : 'INVALID',
    ].map(String),
  );
  const head = [
    'contender',
    'operations',
    'lost by client',
    'by Redis',
    'silently doubled',
    'stale',
    'reordered',
    'unsettled',
  ];
  head.push('phantom', 'closed', 'unknown/in flight', 'unexplained', 'refused', 'errors', 'verdict');
  console.log(`\n${table(head, rows)}`);
  for (const { contender, verdict, errors } of summaries) {
    for (const [kind, count] of Object.entries(errors)) console.log(`${contender}: ${String(count)} ${kind}`);
    for (const failure of verdict.failures) console.log(`${contender}: ${failure}`);
  }
}
