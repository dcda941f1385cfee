import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { now, pause, until } from '../../clock.ts';
import { otherThan, settled } from '../cluster/cluster.ts';
import { type Fault, heal, inject, isOutage, victimLeads } from '../cluster/fault.ts';
import { declareQueues, deleteQueues } from '../cluster/queue.ts';
import type { Told } from '../client/messenger.ts';
import type { Pace } from '../load/orders.ts';
import type { Prober } from '../prober/prober.ts';
import { judge, type Judgement } from './judge.ts';
import { connectAll, type Entrant, type Placed } from './placing.ts';

export interface RunSettings {
  /** How often one contender publishes. */
  readonly pace: Pace;
  /** ms after the fault; who is not back by then is reported as later than that. */
  readonly capMs: number;
  /** ms under load before the fault. */
  readonly warmMs: number;
  /** ms that a fault without an outage is watched. */
  readonly watchMs: number;
  /** ms after the healing for what is still open. */
  readonly settleMs: number;
}

export interface RunRecord extends Judgement {
  readonly run: number;
  readonly contender: string;
  readonly fault: Fault;
  /** All contenders that shared this fault. */
  readonly beside: readonly string[];
  readonly told?: Told | undefined;
  readonly isDrained: boolean;
  readonly proberLagMs: number;
  readonly clientLagMs: number;
}

export interface Stage {
  readonly testbed: RabbitTestbed;
  readonly prober: Prober;
}

/** ms between tries of the prober for one queue, and how many queues it tries that often. */
const PROBE_MS = 20;
const QUEUES_AT_THAT_PACE = 2;
/** ms from the prober's first try to the fault, and from the last return to the end of the watch. */
const LEAD_MS = 150;
const AFTER_MS = 300;
const FLOW_LIMIT_MS = 20_000;
const DRAIN_LIMIT_MS = 20_000;
/** ms; a message that is in nobody's ledger is looked for again before it is called lost. */
const LOOK_AGAIN_MS = 5000;

/** One fault under the load of one contender, or of several that share it. */
export async function runOnce(
  stage: Stage,
  run: number,
  fault: Fault,
  entrants: readonly Entrant[],
  settings: RunSettings,
): Promise<readonly RunRecord[]> {
  const { testbed, prober } = stage;
  const names = entrants.map(({ name }) => `load.${run}.${name}`);
  const [anyNode] = testbed.members;
  if (anyNode === undefined) throw new Error('a cluster without nodes');
  await declareQueues(testbed, anyNode, names);
  const { victim, placed } = await connectAll(testbed, run, entrants);
  const queues = placed.map(({ queue }) => queue);
  const survivor = otherThan(testbed, victim);
  const leader = victimLeads(fault) ? victim : survivor;
  for (const queue of queues) await testbed.moveLeader(queue, leader);

  await prober.begin({
    servers: testbed.members.filter((member) => member !== victim),
    consumeOn: survivor,
    queues,
    everyMs: PROBE_MS * Math.max(1, queues.length / QUEUES_AT_THAT_PACE),
  });
  for (const { entrant } of placed) entrant.loader.publish(settings.pace);
  await allAfter(placed, now());
  const before = await told(placed);
  await pause(settings.warmMs);
  prober.probe();
  await pause(LEAD_MS);
  const faultAt = await inject(testbed, fault, victim, queues);
  prober.fault(faultAt, isOutage(fault));
  await awaitReturn(stage, placed, fault, faultAt, settings);
  const endAt = now();
  for (const { entrant } of placed) entrant.loader.stop();
  prober.stop();
  const after = await told(placed);
  await heal(testbed, fault, victim, faultAt);

  const logs = await Promise.all(placed.map(({ entrant }) => entrant.loader.finish(settings.settleMs)));
  let probeLog = await prober.drain(DRAIN_LIMIT_MS);
  const judgeAll = (): readonly (Judgement | undefined)[] =>
    placed.map(({ queue }, at) => {
      const load = logs[at];
      const probe = probeLog.queues.find((each) => each.queue === queue);
      return load === undefined || probe === undefined
        ? undefined
        : judge({ fault, faultAt, endAt }, load, probe);
    });
  let judgements = judgeAll();
  if (judgements.some((judgement) => judgement !== undefined && judgement.lost > 0)) {
    await pause(LOOK_AGAIN_MS);
    probeLog = await prober.drain(DRAIN_LIMIT_MS);
    judgements = judgeAll();
  }
  await prober.end();
  await settled(testbed);
  await deleteQueues(testbed, anyNode, names);

  return placed.flatMap(({ entrant, queue }, at) => {
    const judgement = judgements[at];
    if (judgement === undefined) return [];
    return {
      run,
      contender: entrant.name,
      fault,
      beside: placed.map((each) => each.entrant.name),
      ...judgement,
      told: logs[at]?.told ?? difference(before[at], after[at]),
      isDrained: probeLog.queues.find((each) => each.queue === queue)?.isDrained === true,
      proberLagMs: probeLog.worstLagMs,
      clientLagMs: logs[at]?.worstLagMs ?? NaN,
    };
  });
}

/** Until everybody had something confirmed and delivered that was published after that moment. */
async function allAfter(placed: readonly Placed[], at: number): Promise<void> {
  await until('all are served before the fault', FLOW_LIMIT_MS, async () => areServedAfter(placed, at));
}

async function areServedAfter(placed: readonly Placed[], at: number): Promise<boolean> {
  const latest = await Promise.all(placed.map(({ entrant }) => entrant.loader.latest()));
  return latest.every(({ confirmed, delivered }) => confirmed > at && delivered > at);
}

/** Until the brokers serve and all contenders are back, or the cap. */
async function awaitReturn(
  { prober }: Stage,
  placed: readonly Placed[],
  fault: Fault,
  faultAt: number,
  { capMs, watchMs }: RunSettings,
): Promise<void> {
  const endAt = faultAt + capMs;
  const from = isOutage(fault) ? faultAt : faultAt + watchMs;
  if (!isOutage(fault)) await pause(from - now());
  while (now() < endAt) {
    const isServed = !isOutage(fault) || prober.served().size === placed.length;
    if (isServed && (await areServedAfter(placed, from))) break;
    await pause(30);
  }
  await pause(AFTER_MS);
}

function told(placed: readonly Placed[]): Promise<readonly (Told | undefined)[]> {
  return Promise.all(placed.map(async ({ entrant }) => entrant.running.told?.()));
}

function difference(before: Told | undefined, after: Told | undefined): Told | undefined {
  if (before === undefined || after === undefined) return undefined;
  return {
    switches: after.switches - before.switches,
    resent: after.resent - before.resent,
    unknown: after.unknown - before.unknown,
  };
}
