import type { Cluster, Lease, Ms } from '@failover/core';
import { targetId } from '@failover/core';
import { keySlot } from '../../protocol/key-slot.ts';
import { replay } from '../../session/replay.ts';
import { newSession } from '../../session/session.ts';
import type { Subscriptions } from '../../session/subscriptions.ts';
import { afterSubscription, noSubscriptions, subscriptionCount } from '../../session/subscriptions.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { SlotMap } from './slot-map.ts';

export interface RehomingOptions {
  readonly lanes: Lanes;
  readonly slots: Pick<SlotMap, 'shardOf'>;
  readonly context: { readonly cluster: Pick<Cluster, 'reportGap'> };
  leaseOf(shard: string): Lease | undefined;
}

/** One shard's part of them. */
interface Move {
  readonly lane: Lane;
  readonly count: number;
  /** What the client heard until then, at most. */
  readonly since: Ms;
  left: number;
}

/** Subscriptions of a client whose shard has them no more are made again where they are now, unseen by it. */
export class Rehoming {
  readonly #options: RehomingOptions;
  readonly #moves: Move[] = [];

  constructor(options: RehomingOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#moves.length > 0;
  }

  isAt(lane: Lane): boolean {
    return this.#moves.some((move) => move.lane === lane);
  }

  /** False if nobody serves one of them. */
  begin(subscriptions: Subscriptions, since: Ms): boolean {
    const parts = this.#parts(subscriptions);
    if (parts === undefined) return false;
    for (const [lane, part] of parts) {
      const { bytes, replyCount } = replay({ ...newSession, subscriptions: part });
      this.#moves.push({ lane, count: replyCount, since, left: replyCount });
      lane.stream.ask(bytes);
    }
    return true;
  }

  /** Channels of slots go to the shards of these; all others to any, since nodes pass their messages on. */
  #parts({ channel, pattern, shard }: Subscriptions): ReadonlyMap<Lane, Subscriptions> | undefined {
    const { lanes, slots } = this.#options;
    const parts = new Map<Lane, Subscriptions>();
    const plain = { channel, pattern, shard: noSubscriptions.shard };
    if (subscriptionCount(plain) > 0) {
      const lane = lanes.toAny();
      if (lane === undefined) return undefined;
      parts.set(lane, plain);
    }
    for (const name of shard.keys()) {
      const lane = lanes.to(slots.shardOf(keySlot(Buffer.from(name, 'latin1'))));
      if (lane === undefined) return undefined;
      parts.set(lane, afterSubscription(parts.get(lane) ?? noSubscriptions, 'SSUBSCRIBE', [name]));
    }
    return parts;
  }

  /** True of the answer to one of them, which the client has had long ago. */
  confirmed(lane: Lane): boolean {
    const at = this.#moves.findIndex((move) => move.lane === lane);
    const move = this.#moves[at];
    if (move === undefined) return false;
    move.left -= 1;
    if (move.left > 0) return true;
    this.#moves.splice(at, 1);
    const server = this.#options.leaseOf(lane.shard)?.server;
    if (server !== undefined) {
      const { cluster } = this.#options.context;
      cluster.reportGap(targetId(lane.shard, 'primary'), server, move.count, move.since);
    }
    return true;
  }
}
