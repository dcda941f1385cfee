import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { now, pause } from '../../clock.ts';
import type { Told } from '../client/messenger.ts';
import { settled } from '../cluster/cluster.ts';
import { declareQueues, deleteQueues } from '../cluster/queue.ts';
import type { Running } from '../contender/contender.ts';
import { consumersSeen, deadConsumers } from './alive.ts';
import { leftIn } from './leftovers.ts';
import { type Balance, idOf, type Publish } from './load/balance.ts';
import { type HistoryLoader, startHistoryLoader } from './load/loader.ts';
import type { Planned } from './schedule.ts';
import { type Struck, strike } from './strike.ts';

export interface Entrant {
  readonly name: string;
  readonly isOurs: boolean;
  readonly running: Running;
}

export interface HistoryRecord {
  readonly contender: string;
  readonly isOurs: boolean;
  readonly balance: Balance;
  /** Confirmed, in nobody's hands, and in no queue. */
  readonly lost: readonly Publish[];
  /** Confirmed, and still in a queue when nobody consumed any more. */
  readonly left: number;
  /** With the time of the last message of the load that each got. */
  readonly deadConsumers: readonly { readonly consumer: number; readonly lastAt: number }[];
  /** As the brokers know them, if one is dead. */
  readonly consumersSeen: readonly string[];
  readonly closings: readonly string[];
  readonly crashes: readonly string[];
  readonly told?: Told | undefined;
}

export interface Limits {
  /** ms after the last healing for all that is open, and for what was confirmed to be consumed. */
  readonly settleMs: number;
  /** ms for each consumer to get something new. */
  readonly aliveMs: number;
}

export interface HistoryRun {
  readonly records: readonly HistoryRecord[];
  readonly struck: readonly Struck[];
  readonly failure?: string | undefined;
}

export const QUEUE_COUNT = 3;
const WARM_MS = 1000;
/** ms without a delivery after which nothing more is expected. */
const IDLE_MS = 1000;
/** ms in which a message that nobody got is looked for in its queue, and between two looks. */
const LEFT_LIMIT_MS = 90_000;
const LEFT_EVERY_MS = 2000;
const LOOK_EVERY_MS = 100;

interface Entered extends Entrant {
  readonly queues: readonly string[];
  readonly loader: HistoryLoader;
}

/** All these faults under the load of these contenders, and what came of it. */
export async function runHistory(
  testbed: RabbitTestbed,
  entrants: readonly Entrant[],
  plan: readonly Planned[],
  limits: Limits,
): Promise<HistoryRun> {
  const [node] = testbed.members;
  if (node === undefined) throw new Error('a cluster without nodes');
  const entered: Entered[] = [];
  try {
    for (const entrant of entrants) entered.push(await enter(testbed, entrant));
    for (const { loader } of entered) loader.begin();
    await pause(WARM_MS);
    const { struck, failure } = await strikeAll(testbed, plan, entered);
    await Promise.all(entered.map(({ loader }) => loader.stop()));
    const records: HistoryRecord[] = [];
    for (const each of entered) records.push(await conclude(testbed, each, limits));
    await deleteQueues(
      testbed,
      node,
      entered.flatMap(({ queues }) => queues),
    );
    return { records, struck, failure };
  } finally {
    await Promise.all(entered.map(({ loader }) => loader.end()));
  }
}

/** Each of its queues is led by another node. */
async function enter(testbed: RabbitTestbed, entrant: Entrant): Promise<Entered> {
  const queues = Array.from({ length: QUEUE_COUNT }, (_, at) => `history.${entrant.name}.${at}`);
  for (const [at, queue] of queues.entries()) {
    const node = testbed.members[at % testbed.members.length];
    if (node === undefined) continue;
    await declareQueues(testbed, node, [queue]);
    await testbed.moveLeader(queue, node);
  }
  const loader = await startHistoryLoader({ spec: entrant.running.spec, name: entrant.name, queues });
  return { ...entrant, queues, loader };
}

async function strikeAll(
  testbed: RabbitTestbed,
  plan: readonly Planned[],
  entered: readonly Entered[],
): Promise<{ readonly struck: readonly Struck[]; readonly failure?: string }> {
  const struck: Struck[] = [];
  const queues = entered.map((each) => each.queues);
  try {
    for (const [at, planned] of plan.entries()) {
      await pause(planned.calmMs);
      const found = await strike(testbed, planned, queues);
      struck.push(found);
      const healedMs = Math.round(found.healedAt - found.at);
      console.log(
        `${String(at + 1).padStart(4)}/${plan.length} ${found.fault} ${found.node}: whole after ${healedMs} ms`,
      );
    }
    await settled(testbed);
    return { struck };
  } catch (error) {
    // What was seen until then is worth more than the reason why it ended: both are told.
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(failure);
    return { struck, failure };
  }
}

/**
 * What nobody got may still be in a queue, also in the hands of a consumer that is gone: a channel of a node that hung
 * keeps its messages for a minute after that.
 */
async function whatIsLeft(
  testbed: RabbitTestbed,
  queues: readonly string[],
  missing: readonly Publish[],
): Promise<ReadonlySet<string>> {
  const left = new Set<string>();
  const endAt = now() + LEFT_LIMIT_MS;
  while (missing.some((publish) => !left.has(idOf(publish))) && now() < endAt) {
    for (const id of await leftIn(testbed, queues)) left.add(id);
    await pause(LEFT_EVERY_MS);
  }
  return left;
}

async function conclude(
  testbed: RabbitTestbed,
  { name, isOurs, queues, loader, running }: Entered,
  { settleMs, aliveMs }: Limits,
): Promise<HistoryRecord> {
  const endAt = now() + settleMs;
  for (;;) {
    const { open, missing, idleMs } = await loader.look();
    if ((open === 0 && missing === 0 && idleMs > IDLE_MS) || now() > endAt) break;
    await pause(LOOK_EVERY_MS);
  }
  const dead = await deadConsumers(testbed, queues, loader, aliveMs);
  const seen = dead.length === 0 ? [] : await consumersSeen(testbed, queues);
  const log = await loader.finish();
  await loader.end();
  const told = log.told ?? (await running.told?.());
  const { balance, closings, crashes } = log;
  const left = await whatIsLeft(testbed, queues, balance.missing);
  return {
    contender: name,
    isOurs,
    balance,
    lost: balance.missing.filter((publish) => !left.has(idOf(publish))),
    left: balance.missing.filter((publish) => left.has(idOf(publish))).length,
    deadConsumers: dead.map((consumer) => ({ consumer, lastAt: log.lastArrivals[consumer] ?? NaN })),
    consumersSeen: seen,
    closings,
    crashes,
    told,
  };
}
