import { now, pause, until } from '../clock.ts';
import { type Fault, heal, inject } from '../cluster/fault.ts';
import type { RedisCluster } from '../cluster/cluster.ts';
import type { ProxyCounters, Running } from '../contender/contender.ts';
import type { Load, Loader } from '../load/load.ts';
import type { Prober } from '../prober/prober.ts';
import { firstMasterAfter } from '../prober/sighting.ts';
import { ask } from '../wire/ask.ts';
import { isDisturbed, judge, type Judgement, type RunFacts, successorOf } from './judge.ts';

export interface RunSettings {
  readonly workers: number;
  readonly everyMs: number;
  /** ms after service restored; a client that is not back by then is reported as later than that. */
  readonly capMs: number;
  /** ms under load before the fault. */
  readonly warmMs: number;
  /** ms that a forced failover is watched, long enough for Sentinel to demote the old primary (8 to 11 s). */
  readonly watchForcedMs: number;
}

/** ms after service restored beyond which nobody was watched. */
export function capOf(fault: Fault, settings: RunSettings): number {
  return fault === 'sentinelFailover' ? settings.watchForcedMs : settings.capMs;
}

export interface Entrant {
  readonly name: string;
  readonly isOurs: boolean;
  readonly running: Running;
  readonly loader: Loader;
}

export interface RunRecord extends Judgement {
  readonly run: number;
  readonly contender: string;
  readonly fault: Fault;
  /** All contenders that shared this fault. */
  readonly beside: readonly string[];
  readonly switches?: number | undefined;
  readonly holds?: number | undefined;
  readonly isDisturbed: boolean;
  readonly proberLagMs: number;
  readonly clientLagMs: number;
}

export interface Stage {
  readonly cluster: RedisCluster;
  readonly prober: Prober;
  /** The port of the primary; moves with each fault. */
  primaryPort: number;
}

async function list(port: number, key: string): Promise<readonly string[]> {
  const reply = await ask(port, ['LRANGE', key, '0', '-1'], 10_000);
  return Array.isArray(reply) ? reply.map(String) : [];
}

/** Until every worker was acknowledged well after service was restored, or the cap. */
async function awaitRecovery(
  stage: Stage,
  loads: readonly Load[],
  fault: Fault,
  faultAt: number,
  settings: RunSettings,
): Promise<void> {
  if (fault === 'none') return pause(settings.watchForcedMs);
  const others = stage.cluster.serverPorts.filter((port) => port !== stage.primaryPort);
  const servedAt = (): number | undefined =>
    others
      .map((port) => firstMasterAfter(stage.prober.roles(), port, faultAt))
      .find((found) => found !== undefined);
  await until('a successor answers ROLE master', 60_000, () => Promise.resolve(servedAt() !== undefined), 10);
  const served = servedAt() ?? now();
  // On a forced failover the old primary goes on acknowledging: only watching to the end shows what is lost.
  if (fault === 'sentinelFailover') return pause(served + settings.watchForcedMs - now());
  while (now() < served + settings.capMs) {
    const acks = (await Promise.all(loads.map((load) => load.lastAcks()))).flat();
    if (acks.every((ackedAt) => ackedAt > served + 200)) return;
    await pause(50);
  }
}

function countAll(entrants: readonly Entrant[]): Promise<readonly (ProxyCounters | undefined)[]> {
  return Promise.all(entrants.map(async ({ running }) => running.counters?.()));
}

/** One fault under the load of one contender, or of several that share it. */
export async function runOnce(
  stage: Stage,
  run: number,
  fault: Fault,
  entrants: readonly Entrant[],
  settings: RunSettings,
): Promise<readonly RunRecord[]> {
  const { cluster, prober } = stage;
  const oldPort = stage.primaryPort;
  const probeKey = `probe:${String(run)}`;
  const loads = await Promise.all(
    entrants.map(({ name, loader }) =>
      loader.begin({
        key: `load:${String(run)}:${name}`,
        workers: settings.workers,
        everyMs: settings.everyMs,
      }),
    ),
  );
  const before = await countAll(entrants);
  prober.begin(cluster.serverPorts, probeKey);
  await pause(settings.warmMs);
  const faultAt = await inject(cluster, fault, oldPort);
  await awaitRecovery(stage, loads, fault, faultAt, settings);
  const [results, log] = await Promise.all([
    Promise.all(loads.map((load) => load.finish())),
    prober.finish(),
  ]);
  const after = await countAll(entrants);
  const newPort = await heal(cluster, fault, oldPort);
  stage.primaryPort = newPort;

  const seen = {
    fault,
    faultAt,
    oldPort,
    log,
    survivingProbes: new Set(await list(newPort, probeKey)),
  };
  const facts: RunFacts = { ...seen, newPort: successorOf(seen) ?? newPort };
  const records: RunRecord[] = [];
  for (const [index, { name }] of entrants.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const finalValues = await list(newPort, (loads[index] as Load).key);
    const [from, to] = [before[index], after[index]];
    const told =
      from === undefined || to === undefined
        ? result.told
        : { switches: to.switches - from.switches, holds: to.holds - from.holds };
    records.push({
      run,
      contender: name,
      fault,
      beside: entrants.map((entrant) => entrant.name),
      ...judge(facts, { workers: settings.workers, records: result.records, finalValues }),
      switches: told?.switches,
      holds: told?.holds,
      isDisturbed: isDisturbed(facts),
      proberLagMs: log.worstLagMs,
      clientLagMs: result.worstLagMs,
    });
  }
  await ask(newPort, ['FLUSHALL'], 5000);
  return records;
}
