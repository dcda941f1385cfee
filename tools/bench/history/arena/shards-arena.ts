import { portOf } from '@failover/core';
import { launchShards, type Shard, type ShardsTestbed } from '@failover/redis/testing';
import { now } from '../../clock.ts';
import { type Prober, startProber } from '../../prober/prober.ts';
import type { Random } from '../../random.ts';
import { keySlot } from '../../key-slot.ts';
import { busyKeys, channelOf } from '../keys.ts';
import type { Arena, Struck } from './arena.ts';
import { keepOnDisk } from './keep-on-disk.ts';
import { lossesOf } from './losses.ts';
import { shardsContenders } from './shards-contenders.ts';
import { startAll } from './start-all.ts';
import {
  chooseShard,
  type Movable,
  SHARDS_FAULTS,
  type ShardsFault,
  strikeShard,
  type StruckShard,
} from './strike-shards.ts';
import { subscribedAt } from './subscribed-at.ts';
import { successionsOf } from './successions.ts';

/** Three shards with a replica each. */
export async function shardsArena(): Promise<Arena> {
  const testbed = await launchShards();
  console.log(`${testbed.kind} ${testbed.version}: ${testbed.how}`);
  try {
    await keepOnDisk(testbed.nodes.map(portOf));
    return arenaOf(testbed, await startProber());
  } catch (error) {
    await testbed[Symbol.asyncDispose]();
    throw error;
  }
}

function arenaOf(testbed: ShardsTestbed, prober: Prober): Arena {
  let count = 0;

  const locate = async (): Promise<(key: string) => number> => {
    const shards = await testbed.shards();
    return (key) => {
      const slot = keySlot(key);
      const shard = shards.find(({ slots }) => has(slots, slot));
      if (shard === undefined) throw new Error(`nobody has ${key}`);
      return portOf(shard.primary);
    };
  };

  async function strike(fault: string, random: Random, contenders: readonly string[]): Promise<Struck> {
    const shard = await chooseShard(testbed, random);
    const ports = [shard.primary, ...shard.replicas].map(portOf);
    const before = await subscribedAt(testbed, contenders);
    const portBefore = await locate();
    prober.begin(ports, `probe:history:${count++}`);
    const struck = await strikeShard(testbed, fault as ShardsFault, shard, random, movable(contenders));
    const { sightings } = await prober.finish();
    // An operator's failover waits until the replica has everything: what is lost then is no server's.
    const isLossless = fault === 'failover' || fault === 'move';
    const successions = isLossless ? [] : successionsOf(struck, sightings);
    const owns = (key: string): boolean => has(struck.slots, keySlot(key));
    const { at, wentOnAt, settled } = struck;
    const after = await subscribedAt(testbed, contenders);
    const portAfter = await locate();
    const during = { from: at, to: now() };
    return {
      fault,
      at,
      what: whatOf(struck),
      successions: successions.map((succession) => ({ ...succession, owns })),
      losses: lossesOf(struck.oldPort, struck.settled, now()),
      acts: [
        ...(wentOnAt === undefined
          ? []
          : [{ type: 'stopped', from: at, to: wentOnAt, concerns: owns } as const]),
        { type: 'replaced', ...during, concerns: (key) => portBefore(key) !== portAfter(key) },
        { type: 'switched', ...during, concerns: (key) => before.get(key) !== after.get(key) },
      ],
      ...(settled.length > 0 && { settled }),
    };
  }

  return {
    faults: SHARDS_FAULTS,
    quickFaults: ['kill', 'hang', 'failover', 'move'],
    enter: (only) =>
      startAll(
        shardsContenders(only).map(
          ({ start }) =>
            () =>
              start(testbed.config.cluster),
        ),
      ),
    strike,
    locate,
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}

function whatOf({ oldPort, newPort, settled }: StruckShard): string {
  const way = [oldPort, ...(newPort === oldPort ? [] : [newPort])].join(' → ');
  const slots = settled.map(
    ({ slot, owner, keys, dropped }) =>
      `slot ${slot} to ${owner} with ${keys} keys, ${dropped.length} of others dropped`,
  );
  return slots.length === 0 ? way : `${way} (an operator settled ${slots.join('; ')})`;
}

/** Who is subscribed to a sharded channel is sent away with its slot, by the server: it is not moved. */
function movable(contenders: readonly string[]): Movable {
  return {
    busySlots: contenders.flatMap((name) => busyKeys(name).map(keySlot)),
    fixedSlots: new Set(contenders.map((name) => keySlot(channelOf(name, 'sharded')))),
  };
}

function has(slots: Shard['slots'], slot: number): boolean {
  return slots.some(([from, to]) => from <= slot && slot <= to);
}
