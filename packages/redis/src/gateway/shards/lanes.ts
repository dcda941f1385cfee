import type { ClientStream, Lease } from '@failover/core';
import { noSubscriptions, subscriptionCount } from '../../session/subscriptions.ts';
import type { LaneEvents, LaneRelay } from './lane.ts';
import { Lane } from './lane.ts';
import type { LaneState } from './lane-state.ts';
import type { Owed, Resendable } from './owed.ts';
import type { SlotMap } from './slot-map.ts';

export interface LanesOptions {
  readonly slots: Pick<SlotMap, 'serving'>;
  readonly client: ClientStream;
  /** What each lane that is opened later begins with. */
  readonly state: LaneState;
  /** Hears what is answered. */
  readonly answers: LaneEvents;
  /** Opens a connection of this client to a shard. */
  openLane(shard: string, client: ClientStream): LaneRelay;
  /** Who serves a shard now. */
  leaseOf(shard: string): Lease | undefined;
  /** Something has begun there that goes on there. */
  isBound(lane: Lane): boolean;
  /** A shard has no slots any more at which the client is subscribed. */
  rehome(lane: Lane): void;
}

/** The client's connections to shards, and how much is in flight on them. */
export class Lanes {
  inFlight = 0;
  inFlightBytes = 0;
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  #hasHungUp = false;
  /** The shards when it was last looked whether a lane's is still one of them. */
  #serving: readonly string[] = [];

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  get all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** Undefined if there is no shard. */
  to(shard: string | undefined): Lane | undefined {
    if (shard === undefined) return undefined;
    return this.#lanes.get(shard) ?? this.#open(shard);
  }

  /** To the shard that answers soonest: whichever can at once; if none can, the one that was used before. */
  toAny(): Lane | undefined {
    const shards = this.#options.slots.serving();
    const known = [...[...this.#lanes.keys()].filter((shard) => shards.includes(shard)), ...shards];
    return this.to(known.find((shard) => this.isServed(shard)) ?? known[0]);
  }

  isServed(shard: string): boolean {
    return this.#options.leaseOf(shard) !== undefined;
  }

  #open(shard: string): Lane {
    const { client, answers, state } = this.#options;
    const lane = new Lane(shard, client, answers);
    this.#lanes.set(shard, lane);
    lane.stream.servedBy(this.#options.openLane(shard, lane.stream));
    if (this.#hasHungUp) lane.stream.hungUp();
    for (const bytes of state.commands) this.ask(lane, { type: 'setup', bytes });
    return lane;
  }

  /** Of a large command the bytes follow in parts. */
  ask(lane: Lane, owed: Owed): void {
    this.#owe(lane, owed);
    if (owed.bytes !== undefined) lane.stream.ask(owed.bytes);
  }

  /** In one piece: what `first` is about comes right behind it. */
  askBoth(lane: Lane, first: Uint8Array, owed: Resendable): void {
    this.#owe(lane, { type: 'unheard', bytes: first });
    this.#owe(lane, owed);
    lane.stream.ask(Buffer.concat([first, owed.bytes]));
  }

  #owe(lane: Lane, owed: Owed): void {
    lane.owed.push(owed);
    this.inFlight += 1;
    this.inFlightBytes += owed.bytes?.length ?? 0;
  }

  /** The first that it owes is answered. */
  answered(lane: Lane): Owed | undefined {
    const owed = lane.owed.shift();
    if (owed === undefined) return undefined;
    this.inFlight -= 1;
    this.inFlightBytes -= owed.bytes?.length ?? 0;
    return owed;
  }

  /** Leaves it, and tells what it owed: nothing of that comes any more. */
  drop(lane: Lane): readonly Owed[] {
    this.#leave(lane);
    const owed: Owed[] = [];
    for (let next = this.answered(lane); next !== undefined; next = this.answered(lane)) owed.push(next);
    return owed;
  }

  /** Leaves shards that have no slots any more, as soon as nothing holds the client there. */
  leaveRetired(): void {
    const serving = this.#options.slots.serving();
    if (serving === this.#serving) return;
    let isDone = true;
    for (const lane of this.#lanes.values()) {
      if (serving.includes(lane.shard)) continue;
      if (lane.owed.length > 0 || this.#options.isBound(lane)) isDone = false;
      // Its servers may go without a word, and it would never hear again.
      else if (subscriptionCount(lane.subscriptions) > 0) this.#options.rehome(lane);
      else this.#leave(lane);
    }
    if (isDone) this.#serving = serving;
  }

  #leave(lane: Lane): void {
    this.#lanes.delete(lane.shard);
    lane.stream.close();
  }

  forgetSubscriptions(): void {
    for (const lane of this.#lanes.values()) lane.subscriptions = noSubscriptions;
  }

  get isPaused(): boolean {
    for (const { stream } of this.#lanes.values()) if (stream.isPaused) return true;
    return false;
  }

  /** The client reads again. */
  drained(): void {
    for (const { stream } of this.#lanes.values()) stream.drained();
  }

  /** The client asks nothing more. */
  hungUp(): void {
    this.#hasHungUp = true;
    for (const { stream } of this.#lanes.values()) stream.hungUp();
  }

  close(): void {
    for (const { stream } of this.#lanes.values()) stream.close();
  }
}
