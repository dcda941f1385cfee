import type { Ms } from '@failover/core';
import { keySlot } from '../../protocol/key-slot.ts';
import { push } from '../../protocol/marks.ts';
import {
  afterSubscription,
  confirmations,
  readPushed,
  subscriptionCount,
} from '../../session/subscriptions.ts';
import type { Lane } from './lane.ts';
import type { LaneState } from './lane-state.ts';
import type { RehomingOptions } from './rehoming.ts';
import { Rehoming } from './rehoming.ts';
import { maxRedirects, movedAway, redirectIn, shardIn } from './redirect.ts';
import type { Ways } from './sending.ts';
import type { SlotMap } from './slot-map.ts';
import type { Unit } from './unit.ts';
import type { Step, UnitLine } from './unit-line.ts';

export interface SubscribingOptions extends Ways, RehomingOptions {
  readonly slots: Pick<SlotMap, 'shardOf' | 'shardAt' | 'moved'>;
  readonly state: Pick<LaneState, 'resp'>;
  readonly line: Pick<UnitLine, 'putInFront'>;
  /** The client is not subscribed any more to what it takes itself for subscribed to. */
  subscriptionLost(): void;
}

/** Subscriptions of the client, and what its servers push. */
export class Subscribing {
  readonly #options: SubscribingOptions;
  readonly #rehoming: Rehoming;
  /** Sent, and not confirmed for all its channels. */
  #sent: { readonly unit: Unit; readonly lane: Lane; left: number } | undefined;

  constructor(options: SubscribingOptions) {
    this.#options = options;
    this.#rehoming = new Rehoming(options);
  }

  /** What was asked for is not confirmed: nothing goes before it is. */
  get isOpen(): boolean {
    return this.#sent !== undefined || this.#rehoming.isOpen;
  }

  isAt(lane: Lane): boolean {
    return this.#sent?.lane === lane || this.#rehoming.isAt(lane);
  }

  /** The client leaves this shard, where nothing of it is under way, and its subscriptions go elsewhere. */
  rehome(lane: Lane, since: Ms): void {
    const { subscriptions } = lane;
    const owed = this.#options.lanes.drop(lane);
    if (owed.length > 0 || this.isAt(lane) || !this.#rehoming.begin(subscriptions, since))
      this.#options.subscriptionLost();
  }

  /** Replies to it may look like what is pushed. */
  isSubscriber({ subscriptions }: Lane): boolean {
    return this.#options.state.resp === 2 && (this.isOpen || subscriptionCount(subscriptions) > 0);
  }

  step(unit: Unit): Step {
    const { lanes, slots } = this.#options;
    if (lanes.inFlight > 0) return 'stays';
    const { args, traits } = unit;
    const channels = args.slice(1);
    const isShardKind = traits.name === 'SSUBSCRIBE' || traits.name === 'SUNSUBSCRIBE';
    const [first] = isShardKind ? channels : [];
    const lane =
      first === undefined
        ? (this.#subscribed(isShardKind) ?? lanes.toAny())
        : lanes.to(slots.shardOf(keySlot(first)));
    if (lane === undefined) return 'noShard';
    const names = channels.map((channel) => channel.toString('latin1'));
    this.#sent = { unit, lane, left: confirmations(lane.subscriptions, traits.name, names) };
    lane.stream.ask(unit.bytes);
    return 'gone';
  }

  /** Every node of a cluster hears what is published at any: all channels of a client are at one. */
  #subscribed(isShardKind: boolean): Lane | undefined {
    return this.#options.lanes.all.find(({ subscriptions: { channel, pattern, shard } }) =>
      isShardKind ? shard.size > 0 : channel.size + pattern.size > 0,
    );
  }

  /** True of what no command asked for, and what a subscription asked for: it comes between the answers. */
  heard(lane: Lane, frame: Uint8Array): boolean {
    if (frame[0] !== push && !this.isSubscriber(lane)) return false;
    const pushed = readPushed(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    if (pushed.type === 'reply') return false;
    const isAnswer = pushed.type === 'confirmation';
    const isSeen = !isAnswer || this.#sent?.lane === lane || !this.#rehoming.confirmed(lane);
    if (isSeen) this.#options.turns.show(frame, lane.answered);
    if (!isAnswer) return true;
    const channels = pushed.channel === undefined ? [] : [pushed.channel];
    lane.subscriptions = afterSubscription(lane.subscriptions, pushed.name, channels);
    if (this.#sent?.lane === lane && this.#sent.unit.traits.name === pushed.name) this.#confirmed();
    return true;
  }

  #confirmed(): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    sent.left -= 1;
    if (sent.left > 0) return;
    this.#sent = undefined;
    const { unit, lane } = sent;
    // From all of its shard channels it goes, shard by shard.
    const isFromAll = unit.traits.name === 'SUNSUBSCRIBE' && unit.args.length === 1;
    if (isFromAll && lane.subscriptions.shard.size === 0 && this.#subscribed(true) !== undefined)
      this.#options.line.putInFront(unit);
  }

  /** One error answers all of its channels. */
  refused(lane: Lane, frame: Uint8Array): void {
    const unit = this.#sent?.lane === lane ? this.#sent.unit : undefined;
    if (unit === undefined) {
      if (this.#rehoming.isAt(lane)) this.#options.subscriptionLost();
      return;
    }
    this.#sent = undefined;
    const { line, slots, turns } = this.#options;
    const redirect = redirectIn(frame);
    const shard = redirect === undefined ? undefined : shardIn(redirect, slots);
    if (redirect === undefined || shard === undefined || unit.redirects >= maxRedirects) {
      turns.answer(redirect === undefined ? frame : movedAway);
      return;
    }
    slots.moved(redirect.slot, shard);
    unit.redirects += 1;
    line.putInFront(unit);
  }
}
