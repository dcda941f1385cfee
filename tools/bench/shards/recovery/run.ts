import { portOf } from '@failover/core';
import { now, pause, until } from '../../clock.ts';
import type { OperationRecord } from '../../load/operation.ts';
import type { Load, LoadResult } from '../../load/load.ts';
import type { Prober } from '../../prober/prober.ts';
import { firstMasterAfter } from '../../prober/sighting.ts';
import { judge, type Judgement, type RunFacts, servedAgainAt, successorOf } from '../../recovery/judge.ts';
import { longestSilence } from '../../recovery/silence.ts';
import { countErrors } from '../../report/count-errors.ts';
import { ask } from '../../wire/ask.ts';
import { primaries, replicaPorts, type ShardedCluster } from '../cluster/cluster.ts';
import { type Fault, heal, inject } from '../cluster/fault.ts';
import type { Running } from '../contender/contender.ts';
import { type ErrorKind, errorKind } from './error-kind.ts';
import {
  latenciesIn,
  type Latencies,
  type P99,
  p99Of,
  type Slow,
  slowestIn,
  windowsAround,
} from './others.ts';

export interface RunSettings {
  /** Of the broken shard, and as many of the others. */
  readonly workers: number;
  /** ms between two operations on the broken shard, and between two on the others. */
  readonly everyMs: number;
  /** ms after service restored; a client that is not back by then is reported as later than that. */
  readonly capMs: number;
  /** ms under load before the fault; longer than an outage, for it is what that is compared with. */
  readonly warmMs: number;
}

export interface Entrant {
  readonly name: string;
  readonly isOurs: boolean;
  readonly isControl: boolean;
  readonly running: Running;
}

export interface RunRecord extends Judgement {
  readonly run: number;
  readonly contender: string;
  readonly isOurs: boolean;
  /** It recovers from nothing: only what is told of the other shards counts. */
  readonly isControl: boolean;
  readonly fault: Fault;
  /** All contenders that shared this fault. */
  readonly beside: readonly string[];
  /** ms; the longest time without any success on the broken shard, and what of it is not the election's. */
  readonly gapMs: number;
  readonly addedMs: number;
  readonly others: P99;
  readonly othersFailed: number;
  /** Of those during the fault. */
  readonly othersSlowest: readonly Slow[];
  readonly kinds: Readonly<Record<ErrorKind, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly closed?: number | undefined;
  /** Another shard changed its primary too: it says nothing of a client, and is run again. */
  readonly isDisturbed: boolean;
  readonly proberLagMs: number;
  readonly clientLagMs: number;
}

/** A record, and the latencies on the other shards, which are too many for a report. */
export interface Finding {
  readonly record: RunRecord;
  readonly latencies: Latencies;
}

export interface Stage {
  readonly cluster: ShardedCluster;
  readonly prober: Prober;
}

/** ms after service restored that belong to the fault still. */
const AFTERMATH_MS = 500;
const SLOWEST = 10;
/** ms; a failed election is tried again after some seconds. */
const ELECTION_LIMIT_MS = 60_000;

/** One fault of one shard under the load of one contender, or of several that share it. */
export async function runOnce(
  { cluster, prober }: Stage,
  run: number,
  fault: Fault,
  entrants: readonly Entrant[],
  settings: RunSettings,
): Promise<readonly Finding[]> {
  const before = await primaries(cluster);
  const shard = run % cluster.tags.length;
  const [tag, old] = [cluster.tags[shard], before[shard]];
  if (tag === undefined || old === undefined) throw new Error('a cluster without shards');
  const replicas = await replicaPorts(cluster, old);
  const probeKey = `probe:{${tag}}:${run}`;
  const otherTags = cluster.tags.filter((each) => each !== tag);
  const { workers, everyMs } = settings;
  // An operation of all workers together each `everyMs`.
  const pace = { workers, everyMs: everyMs * workers };
  const loads = await Promise.all(
    entrants.map(({ name, running }) =>
      running.loader.begin({
        key: `load:{${tag}}:${run}:${name}`,
        ...pace,
        beside: { keys: otherTags.map((other) => `other:{${other}}:${run}:${name}`), ...pace },
      }),
    ),
  );
  prober.begin(replicas, probeKey, 'kept');
  await pause(settings.warmMs);
  const faultAt = inject(cluster, fault, old);
  const following = loads.filter((_, at) => entrants[at]?.isControl === false);
  await awaitRecovery(prober, replicas, following, faultAt, settings.capMs);
  const endAt = now();
  const [results, log] = await Promise.all([
    Promise.all(loads.map((load) => load.finish())),
    prober.finish(),
  ]);
  await heal(cluster, fault, old);

  const after = await primaries(cluster);
  const newPort = portOf(after[shard] ?? old);
  const seen = {
    ...{ fault, faultAt, oldPort: portOf(old), log },
    survivingProbes: new Set(await list(newPort, probeKey)),
  };
  const facts: RunFacts = { ...seen, newPort: successorOf(seen) ?? newPort };
  const isDisturbed = before.some((primary, at) => at !== shard && primary !== after[at]);
  const findings: Finding[] = [];
  for (const [at, { name, isOurs, isControl }] of entrants.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    const finalValues = await list(newPort, (loads[at] as Load).key);
    const { latencies, ...found } = judgeShards(facts, endAt, { workers, result, finalValues });
    const record: RunRecord = {
      ...{ run, contender: name, isOurs, isControl, fault, beside: entrants.map((entrant) => entrant.name) },
      ...found,
      closed: result.closed,
      isDisturbed,
      proberLagMs: log.worstLagMs,
      clientLagMs: result.worstLagMs,
    };
    findings.push({ record, latencies });
  }
  for (const primary of after) await ask(portOf(primary), ['FLUSHALL'], 5000);
  return findings;
}

/** Until every worker was acknowledged well after service was restored, or the cap. */
async function awaitRecovery(
  prober: Prober,
  replicas: readonly number[],
  loads: readonly Load[],
  faultAt: number,
  capMs: number,
): Promise<void> {
  const elected = (): number | undefined =>
    replicas
      .map((port) => firstMasterAfter(prober.roles(), port, faultAt))
      .find((found) => found !== undefined);
  await until('a replica takes over', ELECTION_LIMIT_MS, () => Promise.resolve(elected() !== undefined), 10);
  const served = elected() ?? now();
  await pause(served + 2 * AFTERMATH_MS - now());
  while (now() < served + capMs) {
    const acks = (await Promise.all(loads.map((load) => load.lastAcks()))).flat();
    if (acks.every((ackedAt) => ackedAt > served + AFTERMATH_MS)) return;
    await pause(50);
  }
}

interface ShardsLoad {
  readonly workers: number;
  readonly result: LoadResult;
  readonly finalValues: readonly string[];
}

function judgeShards(
  facts: RunFacts,
  endAt: number,
  { workers, result, finalValues }: ShardsLoad,
): Judgement &
  Pick<RunRecord, 'gapMs' | 'addedMs' | 'others' | 'othersFailed' | 'othersSlowest' | 'kinds' | 'errors'> & {
    readonly latencies: Latencies;
  } {
  const { records, beside } = result;
  const judgement = judge(facts, { workers, records, finalValues });
  const acks = records.filter(({ outcome }) => outcome === 'ok').map((record) => record.endedAt);
  const gapMs = longestSilence(acks, facts.faultAt, endAt);
  const windows = windowsAround(facts.faultAt, servedAgainAt(facts) + AFTERMATH_MS);
  const latencies: Latencies = {
    calm: latenciesIn(beside, windows.calm),
    during: latenciesIn(beside, windows.during),
  };
  const count = (kind: ErrorKind): number => records.filter((record) => errorKind(record) === kind).length;
  return {
    ...judgement,
    gapMs,
    addedMs: gapMs - judgement.outageMs,
    others: p99Of(latencies),
    othersFailed: beside.filter(({ outcome }) => outcome !== 'ok').length,
    othersSlowest: slowestIn(beside, windows.during, SLOWEST),
    kinds: { unknown: count('unknown'), notExecuted: count('notExecuted'), other: count('other') },
    errors: countErrors([...records, ...beside].map(withoutNumbers)),
    latencies,
  };
}

/** Ports and counts would make each error a kind of its own. */
function withoutNumbers({ outcome, error }: OperationRecord): Pick<OperationRecord, 'outcome' | 'error'> {
  return error === undefined ? { outcome } : { outcome, error: error.replace(/\d+/g, '#') };
}

async function list(port: number, key: string): Promise<readonly string[]> {
  const reply = await ask(port, ['LRANGE', key, '0', '-1'], 10_000);
  return Array.isArray(reply) ? reply.map(String) : [];
}
