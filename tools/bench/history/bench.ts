import type { Period, PublishRecord } from '@failover/testing';
import { now, pause } from '../clock.ts';
import type { Options } from '../options.ts';
import { type Random, seeded } from '../random.ts';
import type { Result } from '../report/write.ts';
import type { Arena, Entrant, Struck } from './arena/arena.ts';
import { sentinelArena } from './arena/sentinel-arena.ts';
import { shardsArena } from './arena/shards-arena.ts';
import { finalReader } from './judge/final-state.ts';
import { type Blow, noticeMs } from './judge/in-flight.ts';
import { type Facts, judge } from './judge/judge.ts';
import { printSummaries, type Summary, verdictOf } from './judge/print.ts';
import { type Histories, type HistoryLoad, startHistoryLoad } from './load/loader.ts';
import { publishProbes } from './probes.ts';
import { faultSchedule } from './schedule.ts';

const FULL_FAULTS = 200;
/** ms after all servers are of one mind, until which everybody is back. */
const BACK_MS = 750;
/** ms that it stays so, at least, and how much longer at most. */
const STEADY_MS = 700;
const STEADY_MORE_MS = 600;
/** ms before the next fault: what is acknowledged at its very moment may be on its way. */
const MARGIN_MS = 50;
/** Of a process of ours, for whoever looks for the cause. */
const LOG_LINES = 20;

export async function historyBench(options: Options): Promise<Result> {
  await using arena =
    options.topology === 'cluster' ? await shardsArena() : await sentinelArena(options.isQuick);
  const entrants = await arena.enter(options.only);
  const loads: HistoryLoad[] = [];
  try {
    for (const { name, client } of entrants) loads.push(await startHistoryLoad(name, client));
    return await measure(options, arena, entrants, loads);
  } finally {
    await Promise.all([...loads, ...entrants].map((each) => each[Symbol.asyncDispose]()));
  }
}

async function measure(
  options: Options,
  arena: Arena,
  entrants: readonly Entrant[],
  loads: readonly HistoryLoad[],
): Promise<Result> {
  const random = seeded(options.seed);
  const all = options.isQuick ? arena.quickFaults : arena.faults;
  const kinds = all.filter((kind) => options.faults?.includes(kind) ?? true);
  const count = options.runs ?? (options.isQuick ? kinds.length : FULL_FAULTS);
  const names = loads.map(({ name }) => name);
  const { struck, facts, failure } = await strikeAll(
    arena,
    faultSchedule(count, kinds, random),
    random,
    names,
  );
  const summaries: Summary[] = [];
  const finished = await Promise.all(loads.map((load) => load.finish()));
  const reader = finalReader(await arena.locate());
  for (const [at, load] of loads.entries()) {
    const histories = finished[at] as Histories;
    const { name, isOurs, log } = entrants[at] as Entrant;
    const probes = facts.probes.filter(({ process }) => process.startsWith(`${name} `));
    const judged = await judge(histories, reader, { ...facts, probes });
    const { closed, stalls } = histories;
    summaries.push({ contender: name, isOurs, closed, stalls, judged });
    if (!isOurs || judged.every(({ isValid }) => isValid)) continue;
    process.exitCode = 1;
    load.keep();
    console.log(`${name}: the whole history is in ${load.directory}`);
    for (const line of log?.().slice(-LOG_LINES) ?? []) console.log(`${name} wrote: ${line}`);
  }
  console.log(`\n${printSummaries(summaries, struck)}`);
  console.log(verdictOf(summaries, struck.length, count, failure));
  return {
    bench: 'history-redis',
    seed: options.seed,
    quick: options.isQuick,
    settings: { topology: options.topology, faults: count, kinds: [...new Set(kinds)] },
    summaries,
    runs: struck,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface Strikes {
  readonly struck: readonly Struck[];
  readonly facts: Facts;
  /** Why it ended before its time: what was seen until then is worth more than that. */
  readonly failure?: string;
}

async function strikeAll(
  arena: Arena,
  plan: readonly string[],
  random: Random,
  contenders: readonly string[],
): Promise<Strikes> {
  const struck: Struck[] = [];
  const steady: Period[] = [];
  const probes: PublishRecord[] = [];
  let failure: string | undefined;

  async function beSteady(round: number): Promise<void> {
    await pause(BACK_MS);
    const from = now();
    probes.push(...(await publishProbes(await arena.locate(), contenders, round)));
    await pause(STEADY_MS + random() * STEADY_MORE_MS);
    steady.push({ from, to: now() - MARGIN_MS });
  }

  try {
    await beSteady(0);
    for (const [at, fault] of plan.entries()) {
      const found = await arena.strike(fault, random, contenders);
      struck.push(found);
      console.log(
        `${String(at + 1).padStart(4)}/${plan.length} ${fault}: ${found.what}, ${Math.round(now() - found.at)} ms`,
      );
      await beSteady(at + 1);
    }
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(
      `${failure}\nWhat is lost after the last fault above is put down to nobody but the client.`,
    );
    process.exitCode = 1;
  }
  // First: each succession bounds those behind it, and a loss has no bound but its own time.
  const successions = [
    ...struck.flatMap(({ losses }) => losses ?? []).toReversed(),
    ...struck.flatMap((each) => each.successions),
  ];
  return {
    struck,
    facts: {
      ...{ successions, steady, blows: blowsOf(struck), probes },
      acts: struck.flatMap(({ acts }) => acts ?? []),
    },
    ...(failure && { failure }),
  };
}

/** A successor that is turned back takes what was under way with it. */
function blowsOf(struck: readonly Struck[]): readonly Blow[] {
  return struck.flatMap(({ fault, at, successions }) => [
    { at, noticedAt: at + noticeMs(fault) },
    ...successions.map(({ roleAt }) => ({ at: roleAt, noticedAt: roleAt + noticeMs('kill') })),
  ]);
}
