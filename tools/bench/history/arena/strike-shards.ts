import { type EndpointId, portOf } from '@failover/core';
import type { SettledSlot, Shard, ShardsTestbed } from '@failover/redis/testing';
import { now, pause, until } from '../../clock.ts';
import type { Random } from '../../random.ts';

/** `failover` and `move` are an operator's, who loses nothing. */
export type ShardsFault = 'kill' | 'hang' | 'restart' | 'failover' | 'move';
export const SHARDS_FAULTS: readonly ShardsFault[] = ['kill', 'hang', 'restart', 'failover', 'move'];

/** ms that the successor serves alone before what was broken comes back. */
const ALONE_MS = 1000;
/** ms; a node that comes back asks its successor for everything, and a split vote takes seconds. */
const SETTLE_LIMIT_MS = 60_000;
/** Of one move: some with keys that everybody writes, and neighbours with what there is. */
const BUSY_SLOTS = 2;
const NEIGHBOURS = 20;

/** Slots with keys that everybody writes, and those that stay where they are. */
export interface Movable {
  readonly busySlots: readonly number[];
  readonly fixedSlots: ReadonlySet<number>;
}

export interface StruckShard {
  readonly at: number;
  readonly oldPort: number;
  /** The primary when all was settled again. */
  readonly newPort: number;
  readonly slots: Shard['slots'];
  /** When it went on, if it stood still. */
  readonly wentOnAt: number | undefined;
  /** Slots of which the nodes did not agree whose they are, and how that ended. */
  readonly settled: readonly SettledSlot[];
}

/** Which shard it will be. */
export async function chooseShard(testbed: ShardsTestbed, random: Random): Promise<Shard> {
  return pick(await testbed.shards(), random);
}

/** One fault of a shard and its healing: all nodes are of one mind again. */
export async function strikeShard(
  testbed: ShardsTestbed,
  fault: ShardsFault,
  shard: Shard,
  random: Random,
  movable: Movable,
): Promise<StruckShard> {
  const { primary, slots } = shard;
  const at = now();
  let wentOnAt: number | undefined;
  switch (fault) {
    case 'kill':
      testbed.kill(primary);
      await successor(testbed, shard);
      await pause(ALONE_MS);
      await testbed.restart(primary);
      break;
    case 'hang':
      testbed.hang(primary);
      await successor(testbed, shard);
      await pause(ALONE_MS);
      wentOnAt = now();
      testbed.resume(primary);
      break;
    case 'restart':
      await testbed.restart(primary);
      break;
    case 'failover': {
      const [replica] = shard.replicas;
      if (replica === undefined) throw new Error(`${primary} has no replica`);
      await testbed.failover(replica);
      break;
    }
    case 'move':
      await move(testbed, shard, random, movable);
  }
  // Redis 7.0 itself may forget whose a slot is that moved before, when a replica of its owner is promoted.
  const settled = await testbed.settleSlots(SETTLE_LIMIT_MS);
  const slot = firstSlot(shard);
  const after = fault === 'move' ? primary : await testbed.primaryOf(slot);
  if (after === undefined) throw new Error(`nobody has slot ${slot}`);
  return { at, oldPort: portOf(primary), newPort: portOf(after), slots, wentOnAt, settled };
}

async function successor(testbed: ShardsTestbed, shard: Shard): Promise<void> {
  const slot = firstSlot(shard);
  const limitMs = 60_000;
  await until(
    'a replica takes over',
    limitMs,
    async () => {
      const now = await testbed.primaryOf(slot);
      return now !== undefined && now !== shard.primary;
    },
    150,
  );
}

/** Slots that are in use, and some in a row, to another shard; with keys, while all of them are written. */
async function move(
  testbed: ShardsTestbed,
  shard: Shard,
  random: Random,
  { busySlots, fixedSlots }: Movable,
): Promise<void> {
  const others = (await testbed.shards()).filter(({ primary }) => primary !== shard.primary);
  const to: EndpointId = pick(others, random).primary;
  const mine = (slot: number): boolean => shard.slots.some(([from, last]) => from <= slot && slot <= last);
  const busy = busySlots.filter(mine);
  const chosen = new Set(Array.from({ length: Math.min(BUSY_SLOTS, busy.length) }, () => pick(busy, random)));
  const [from, last] = pick(shard.slots, random);
  const first = from + Math.floor(random() * Math.max(1, last - from - NEIGHBOURS));
  for (let slot = first; slot <= Math.min(last, first + NEIGHBOURS); slot++) chosen.add(slot);
  await testbed.moveSlots(
    [...chosen].filter((slot) => !fixedSlots.has(slot)),
    to,
  );
}

function firstSlot({ slots }: Shard): number {
  const [first] = slots;
  if (first === undefined) throw new Error('a shard without slots');
  return first[0];
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}
