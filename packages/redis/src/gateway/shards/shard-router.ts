import type { ClientStream, EndpointId, Lease, Ms } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import { keysOf } from '../../protocol/commands/index.ts';
import { keySlot, slotCount } from '../../protocol/key-slot.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import {
  afterSubscription,
  confirmations,
  readPushed,
  subscriptionCount,
} from '../../session/subscriptions.ts';
import type { GatewayContext } from '../context.ts';
import { Intake } from '../intake.ts';
import type { IntakeEvents } from '../intake.ts';
import { notExecuted, protocolError, refusedByUs, scanInterrupted } from '../refuse.ts';
import type { Relay } from '../relay.ts';
import { markOf } from '../scan-cursor.ts';
import { splitRun } from '../split-run.ts';
import { answerCluster } from './cluster-face.ts';
import type { LaneEvents } from './lane.ts';
import { Lane } from './lane.ts';
import { LaneState } from './lane-state.ts';
import type { Owed, Turn } from './owed.ts';
import { answerPart, turnOf } from './owed.ts';
import type { Plan } from './plan.ts';
import type { Redirect } from './redirect.ts';
import { redirectIn } from './redirect.ts';
import { scanPlaceOf, scanReply } from './scan-place.ts';
import type { SlotMap } from './slot-map.ts';
import type { ShardTransaction } from './transaction.ts';
import { discardBytes, noTransaction, stepTransaction } from './transaction.ts';
import type { Unit } from './unit.ts';
import { largeUnitOf, unitOf } from './unit.ts';

export interface ShardRouterOptions {
  readonly context: Pick<
    GatewayContext,
    'commands' | 'limits' | 'scanner' | 'counters' | 'runtime' | 'tick' | 'holdMs'
  >;
  readonly slots: SlotMap;
  readonly client: ClientStream;
  readonly reachedAt?: EndpointId | undefined;
  /** Opens a connection of this client to a shard. */
  openLane(lane: Lane): Relay;
  /** Who serves a shard now. */
  leaseOf(shard: string): Lease | undefined;
  onClosed(): void;
}

/** What a server of a cluster is asked for at most in a row: a slot that goes round in circles is somebody's mistake. */
const maxRedirects = 16;
const ok = Buffer.from('+OK\r\n');
const asking = encodeCommand(['ASKING']);

/**
 * One client that knows of no shards, on one connection to a whole Redis Cluster. Each shard is reached through a
 * relay of its own, which knows of failovers; here commands find their shard, and answers come back in the order of
 * the commands. Order of execution is kept within a shard, as with every client of a cluster.
 */
export class ShardRouter implements IntakeEvents, LaneEvents {
  readonly #options: ShardRouterOptions;
  readonly #intake: Intake;
  readonly #lanes = new Map<string, Lane>();
  readonly #state = new LaneState();
  /** Answers in the order in which the client waits for them. */
  #turns: Turn[] = [];
  /** Commands that wait: for the rest of a large one, for a shard, or until nothing is in flight. */
  #line: Unit[] = [];
  #lineBytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  /** Answers without which the next command does not go: of a subscription, and of what the connection is. */
  #barrier = 0;
  #subscribing: Unit | undefined;
  /** Refused by shards that have those slots no more. They go again, in order, when nothing is in flight. */
  #redirected: { readonly owed: Owed; readonly shard: string; readonly isAsking: boolean }[] = [];
  #transaction: ShardTransaction = noTransaction;
  #resp: 2 | 3 = 2;
  #stopWaiting: (() => void) | undefined;
  #isPumping = false;
  #isPaused = false;
  /** A part of an answer is with the client: what comes between answers waits. */
  #isPassing = false;
  #late: Uint8Array[] = [];
  #isEnding = false;
  #isClosed = false;

  constructor(options: ShardRouterOptions) {
    this.#options = options;
    const { client, context } = options;
    // Its commands are looked at one by one anyway.
    this.#intake = new Intake(this, context);
    client.on('data', (chunk: Buffer) => {
      if (!this.#isEnding) this.#intake.feed(chunk);
      this.#pauseIfFull();
    });
    client.on('drain', () => {
      for (const lane of this.#lanes.values()) lane.drained();
      this.#resume();
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      this.#line = [];
      this.drain();
    });
    client.on('close', () => {
      this.close();
    });
  }

  /** Ends the client once everything that it asked is answered. */
  drain(): void {
    this.#isEnding = true;
    this.#pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting?.();
    for (const lane of this.#lanes.values()) lane.close();
    this.#options.client.destroy();
    this.#options.onClosed();
  }

  // ---- what the client asks

  run(bytes: Uint8Array, from: number, to: number): void {
    const { commands } = this.#options.context;
    for (const sent of splitRun(commands, bytes, from, to)) {
      this.#accept(unitOf(sent.bytes.subarray(sent.from, sent.to), sent.traits, this.#deadline()));
    }
  }

  command(bytes: Uint8Array, index: number): void {
    const { commands } = this.#options.context;
    const own = commands.traits[index];
    const unit = unitOf(bytes, own ?? commands.traitsOf(0, () => ''), this.#deadline());
    const traits = commands.traitsOf(index, () => unit.args[1]?.toString('latin1') ?? '');
    this.#accept(traits === own ? unit : unitOf(bytes, traits, this.#deadline()));
  }

  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void {
    const { commands } = this.#options.context;
    const last = isFirst
      ? largeUnitOf(
          bytes,
          commands.traitsOf(index, () => ''),
          this.#deadline(),
        )
      : this.#line.at(-1);
    if (last?.large === undefined) return;
    if (!isFirst) {
      last.large.parts.push(bytes);
      last.large.bytes += bytes.length;
    }
    last.large.isWhole = isLast;
    if (isFirst) this.#accept(last);
    else this.#pump();
    this.#pauseIfFull();
  }

  violation(problem: string): void {
    this.#options.context.counters.protocolErrors += 1;
    this.#answer(protocolError(problem));
    this.drain();
  }

  #accept(unit: Unit): void {
    this.#line.push(unit);
    this.#lineBytes += unit.bytes.length;
    this.#pump();
  }

  #deadline(): Ms {
    return this.#options.context.tick.now() + this.#options.context.holdMs;
  }

  // ---- whose turn it is

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    this.#resend();
    for (let head = this.#line[0]; head !== undefined; head = this.#line[0]) {
      if (this.#redirected.length > 0 || this.#barrier > 0 || !this.#dispatch(head)) break;
      this.#line.shift();
      this.#lineBytes -= head.bytes.length;
    }
    this.#isPumping = false;
    this.#emit();
    this.#resume();
    if (this.#isEnding && this.#line.length === 0 && this.#turns.length === 0 && !this.#isClosed) {
      this.#options.client.end();
      this.close();
    }
  }

  /** True if it needs nothing any more of what comes behind it. */
  #dispatch(unit: Unit): boolean {
    const { plan, traits } = unit;
    const step = stepTransaction(
      this.#transaction,
      unit,
      (slot) => this.#options.slots.shardOf(slot),
      () => keysOf(traits, unit.args).map((key) => keySlot(key)),
    );
    switch (step.type) {
      case 'plain':
        return this.#perform(unit, plan);
      case 'wait':
        return this.#wait(unit);
      case 'answer':
        this.#setTransaction(step.next);
        this.#answer(step.reply);
        return true;
      case 'send':
      case 'sendAny': {
        const lane = this.#lane(step.type === 'send' ? step.shard : this.#anyShard());
        if (lane === undefined) return this.#wait(unit);
        for (const bytes of step.before) this.#ask(lane, bytes, undefined, 0, true);
        this.#setTransaction(step.next);
        return this.#sendTo(lane, unit, true);
      }
    }
  }

  #setTransaction(next: ShardTransaction): void {
    const before = this.#transaction;
    this.#transaction = next;
    if (before.type !== 'failed' || before.shard === undefined || next.type === 'failed') return;
    const lane = this.#lane(before.shard);
    if (lane !== undefined) this.#ask(lane, discardBytes, undefined, 0, true);
  }

  #perform(unit: Unit, plan: Plan): boolean {
    switch (plan.type) {
      case 'answer':
        this.#answer(plan.reply);
        return true;
      case 'cluster':
        return this.#performCluster(unit);
      case 'shard':
        return this.#toShard(unit, this.#options.slots.shardOf(plan.slot));
      case 'any':
      case 'transaction':
        return this.#toShard(unit, this.#anyShard());
      case 'split': {
        const shards = plan.parts.map(({ slot }) => this.#options.slots.shardOf(slot));
        const lanes = shards.map((shard) => this.#lane(shard));
        const turn = turnOf(
          plan.parts.length,
          plan.join,
          plan.parts.map(({ places }) => places),
        );
        return this.#toLanes(
          unit,
          lanes,
          turn,
          plan.parts.map(({ bytes }) => bytes),
        );
      }
      case 'all': {
        const lanes = this.#options.slots.serving().map((shard) => this.#lane(shard));
        if (lanes.length === 0) return this.#wait(unit);
        return this.#toLanes(
          unit,
          lanes,
          turnOf(lanes.length, plan.join),
          lanes.map(() => unit.bytes),
        );
      }
      case 'everyLane':
        return this.#performSession(unit);
      case 'subscription':
        return this.#subscribe(unit);
      case 'scan':
        return this.#scan(unit);
    }
  }

  #toShard(unit: Unit, shard: string | undefined): boolean {
    const lane = this.#lane(shard);
    return lane === undefined ? this.#wait(unit) : this.#sendTo(lane, unit, false);
  }

  #toLanes(
    unit: Unit,
    lanes: readonly (Lane | undefined)[],
    turn: Turn,
    bytes: readonly Uint8Array[],
  ): boolean {
    const open = lanes.filter((lane) => lane !== undefined);
    if (open.length < lanes.length) return this.#wait(unit);
    this.#turns.push(turn);
    open.forEach((lane, part) => {
      this.#ask(lane, bytes[part] ?? unit.bytes, turn, part, false);
    });
    return true;
  }

  #sendTo(lane: Lane, unit: Unit, isBound: boolean): boolean {
    const { large } = unit;
    if (large === undefined) {
      const turn = turnOf(1);
      this.#turns.push(turn);
      this.#ask(lane, unit.bytes, turn, 0, isBound);
      return true;
    }
    if (!large.hasBegun) {
      large.hasBegun = true;
      const turn = turnOf(1);
      this.#turns.push(turn);
      lane.owed.push({ bytes: undefined, turn, part: 0, isBound, redirects: 0 });
      this.#inFlight += 1;
    }
    const { parts } = large;
    large.parts = [];
    large.bytes = 0;
    for (const part of parts) lane.ask(part);
    return large.isWhole;
  }

  /** A command about the client's own connection: on all of its connections alike, with nothing in flight. */
  #performSession(unit: Unit): boolean {
    const { args, traits } = unit;
    if (this.#inFlight > 0) return false;
    const second = args[1]?.toString('latin1').toUpperCase() ?? '';
    if (traits.name === 'QUIT') {
      this.#answer(ok);
      // Nothing behind it is read.
      this.#line = [unit];
      this.#isEnding = true;
      return true;
    }
    if (traits.name.startsWith('CLIENT') && (second === 'REPLY' || second === 'CACHING')) {
      this.#answer(refusedByUs(`CLIENT ${second}`, 'the answers of several shards become one'));
      return true;
    }
    if (this.#lanes.size === 0 && this.#lane(this.#anyShard()) === undefined) return this.#wait(unit);
    const [first, ...others] = this.#lanes.values();
    if (first === undefined) return false;
    const turn = turnOf(1, 'first', [], (reply) => {
      this.#barrier -= 1;
      if (reply[0] !== minus) this.#sessionTaken(unit);
      return reply;
    });
    // What comes behind it speaks as whoever it makes of the client.
    this.#barrier += 1;
    this.#turns.push(turn);
    this.#ask(first, unit.bytes, turn, 0, true);
    for (const lane of others) this.#ask(lane, unit.bytes, undefined, 0, true);
    return true;
  }

  #sessionTaken(unit: Unit): void {
    this.#state.taken(unit);
    const version = unit.traits.name === 'HELLO' ? unit.args[1]?.toString('latin1') : undefined;
    if (version !== undefined) this.#resp = version === '3' ? 3 : 2;
    if (unit.traits.name === 'RESET') this.#resp = 2;
  }

  #performCluster(unit: Unit): boolean {
    const { args } = unit;
    const subcommand = args[1]?.toString('latin1').toUpperCase() ?? '';
    if (['COUNTKEYSINSLOT', 'GETKEYSINSLOT'].includes(subcommand)) {
      const slot = Number(args[2]?.toString('latin1') ?? NaN);
      return this.#toShard(unit, this.#options.slots.shardOf(slot) ?? this.#anyShard());
    }
    const { reachedAt } = this.#options;
    const nodes =
      reachedAt === undefined
        ? []
        : [{ host: hostOf(reachedAt), port: portOf(reachedAt), ranges: [[0, slotCount - 1]] as const }];
    const reply = answerCluster(args, nodes, this.#resp);
    this.#answer(reply ?? refusedByUs(`CLUSTER ${subcommand.slice(0, 64)}`, 'it is about one node'));
    return true;
  }

  #subscribe(unit: Unit): boolean {
    const { args, traits } = unit;
    if (this.#inFlight > 0) return false;
    const names = args.slice(1).map((arg) => arg.toString('latin1'));
    const isShardKind = traits.name === 'SSUBSCRIBE' || traits.name === 'SUNSUBSCRIBE';
    const [slot] = isShardKind ? args.slice(1).map((arg) => keySlot(arg)) : [];
    const lane = this.#lane(
      slot === undefined
        ? (this.#subscriptionShard() ?? this.#anyShard())
        : this.#options.slots.shardOf(slot),
    );
    if (lane === undefined) return this.#wait(unit);
    this.#subscribing = unit;
    this.#barrier = confirmations(lane.subscriptions, traits.name, names);
    lane.ask(unit.bytes);
    return true;
  }

  /** Every node of a cluster hears what is published at any: all channels of a client are at one. */
  #subscriptionShard(): string | undefined {
    for (const { shard, subscriptions } of this.#lanes.values()) {
      if (subscriptions.channel.size > 0 || subscriptions.pattern.size > 0) return shard;
    }
    return undefined;
  }

  #scan(unit: Unit): boolean {
    const place = scanPlaceOf(unit.args[1]?.toString('latin1') ?? '');
    const shards = this.#options.slots.serving();
    const at =
      place.type === 'begin'
        ? place.shard
        : shards.findIndex((each) => {
            const lease = this.#options.leaseOf(each);
            return place.type === 'goOn' && lease !== undefined && markOf(lease) === place.mark;
          });
    if (place.type === 'invalid') return this.#toShard(unit, this.#anyShard());
    if (shards.length === 0) return this.#wait(unit);
    const shard = shards[at];
    if (shard === undefined) {
      this.#answer(scanInterrupted);
      return true;
    }
    const lane = this.#lane(shard);
    if (lane === undefined) return this.#wait(unit);
    const turn = turnOf(1, 'first', [], (reply) =>
      scanReply(reply, at + 1 < shards.length ? at + 1 : undefined),
    );
    const bytes =
      place.type === 'begin' && at > 0
        ? encodeCommand(unit.args.map((arg, index) => (index === 1 ? '0' : arg)))
        : unit.bytes;
    this.#turns.push(turn);
    this.#ask(lane, bytes, turn, 0, false);
    return true;
  }

  /** Whichever can answer at once; if none can, the one that was used before. */
  #anyShard(): string | undefined {
    const shards = this.#options.slots.serving();
    const known = [...this.#lanes.keys(), ...shards];
    return known.find((shard) => this.#options.leaseOf(shard) !== undefined) ?? known[0];
  }

  /** Nobody is known to serve what it needs. */
  #wait(unit: Unit): false {
    const { context, slots } = this.#options;
    if (context.tick.now() >= unit.deadline) {
      this.#line.shift();
      this.#lineBytes -= unit.bytes.length;
      context.counters.notExecuted += 1;
      this.#answer(notExecuted('no shard of the cluster was found in time'));
      queueMicrotask(() => {
        this.#pump();
      });
      return false;
    }
    if (this.#stopWaiting !== undefined) return false;
    const again = (): void => {
      this.#stopWaiting?.();
      this.#pump();
    };
    const stopListening = slots.onNextChange(again);
    const cancel = context.runtime.after(unit.deadline - context.tick.now(), again);
    this.#stopWaiting = () => {
      this.#stopWaiting = undefined;
      stopListening();
      cancel();
    };
    return false;
  }

  // ---- to the shards and back

  #lane(shard: string | undefined): Lane | undefined {
    if (shard === undefined) return undefined;
    const existing = this.#lanes.get(shard);
    if (existing !== undefined) return existing;
    const lane = new Lane(shard, this);
    this.#lanes.set(shard, lane);
    lane.serve(this.#options.openLane(lane));
    for (const bytes of this.#state.commands) this.#ask(lane, bytes, undefined, 0, true);
    return lane;
  }

  #ask(lane: Lane, bytes: Uint8Array, turn: Turn | undefined, part: number, isBound: boolean): void {
    this.#push(lane, { bytes, turn, part, isBound, redirects: 0 });
  }

  #push(lane: Lane, owed: Owed): void {
    lane.owed.push(owed);
    this.#inFlight += 1;
    const bytes = owed.bytes ?? nothing;
    this.#inFlightBytes += bytes.length;
    lane.ask(bytes);
  }

  mayPass(lane: Lane, first: number): boolean {
    const owed = lane.owed[0];
    const isNext = owed?.turn !== undefined && owed.turn === this.#turns[0] && owed.turn.parts.length === 1;
    return isNext && owed.turn.shown === undefined && first !== minus && first !== push;
  }

  passed(lane: Lane, bytes: Uint8Array, isLast: boolean): void {
    this.#isPassing = !isLast;
    this.#options.client.write(bytes);
    if (!isLast) return;
    const late = this.#late;
    this.#late = [];
    for (const frame of late) this.#options.client.write(frame);
    this.#turns.shift();
    this.#answered(lane.owed.shift());
    this.#pump();
  }

  framed(lane: Lane, frame: Uint8Array): void {
    if (this.#isClosed || this.#isPushed(lane, frame)) return;
    const owed = lane.owed.shift();
    if (owed === undefined) this.#subscriptionRefused(frame);
    else {
      this.#answered(owed);
      const redirect = redirectIn(frame);
      if (redirect === undefined) this.#settle(owed, frame);
      else if (!this.#follow(owed, redirect)) this.#settle(owed, movedAway);
    }
    this.#pump();
  }

  #answered(owed: Owed | undefined): void {
    this.#inFlight -= 1;
    this.#inFlightBytes -= owed?.bytes?.length ?? 0;
  }

  #settle({ turn, part }: Owed, reply: Uint8Array): void {
    if (turn !== undefined) answerPart(turn, part, reply);
  }

  /** What no command asked for, and what a subscription asked for: it comes between the answers. */
  #isPushed(lane: Lane, frame: Uint8Array): boolean {
    const isSubscriber = this.#subscribing !== undefined || subscriptionCount(lane.subscriptions) > 0;
    if (frame[0] !== push && !(this.#resp === 2 && isSubscriber)) return false;
    const pushed = readPushed(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    if (pushed.type === 'reply') return false;
    if (this.#isPassing) this.#late.push(frame);
    else this.#options.client.write(frame);
    if (pushed.type !== 'confirmation') return true;
    const channels = pushed.channel === undefined ? [] : [pushed.channel];
    lane.subscriptions = afterSubscription(lane.subscriptions, pushed.name, channels);
    if (this.#subscribing !== undefined) {
      this.#barrier -= 1;
      if (this.#barrier === 0) this.#subscribing = undefined;
      this.#pump();
    }
    return true;
  }

  /** One error answers all of its channels. */
  #subscriptionRefused(frame: Uint8Array): void {
    const unit = this.#subscribing;
    if (unit === undefined) return;
    this.#subscribing = undefined;
    this.#barrier = 0;
    const redirect = redirectIn(frame);
    if (redirect?.at === undefined) {
      this.#answer(frame);
      return;
    }
    this.#options.slots.moved(redirect.slot, hostOf(redirect.at));
    this.#line.unshift(unit);
    this.#lineBytes += unit.bytes.length;
  }

  /** False if it cannot go elsewhere. */
  #follow(owed: Owed, { type, slot, at }: Redirect): boolean {
    if (at === undefined) return false;
    const shard = hostOf(at);
    if (type === 'moved') this.#options.slots.moved(slot, shard);
    if (owed.isBound || owed.bytes === undefined || owed.redirects >= maxRedirects) {
      if (this.#transaction.type === 'bound') {
        this.#transaction = { type: 'failed', shard: this.#transaction.shard };
      }
      return false;
    }
    this.#redirected.push({ owed, shard, isAsking: type === 'ask' });
    return true;
  }

  #resend(): void {
    if (this.#redirected.length === 0 || this.#inFlight > 0) return;
    const again = this.#redirected;
    this.#redirected = [];
    for (const { owed, shard, isAsking } of again) {
      const lane = this.#lane(shard);
      if (lane === undefined) continue;
      if (isAsking) this.#ask(lane, asking, undefined, 0, true);
      this.#push(lane, { ...owed, redirects: owed.redirects + 1 });
    }
  }

  // ---- to the client

  #answer(reply: Uint8Array): void {
    const turn = turnOf(1);
    answerPart(turn, 0, reply);
    this.#turns.push(turn);
  }

  #emit(): void {
    let count = 0;
    while (this.#turns[count]?.reply !== undefined) count += 1;
    if (count === 0 || this.#isPassing || this.#isClosed) return;
    const replies = this.#turns.splice(0, count).map(({ reply }) => reply ?? nothing);
    const [first] = replies;
    this.#options.client.write(count === 1 && first !== undefined ? first : Buffer.concat(replies));
  }

  get isClientBehind(): boolean {
    return this.#options.client.writableNeedDrain;
  }

  get unreadBytes(): number {
    return this.#options.client.writableLength;
  }

  paused(): void {
    this.#pause();
  }

  resumed(): void {
    this.#resume();
  }

  ended(): void {
    this.close();
  }

  #pauseIfFull(): void {
    if (this.#waitingBytes > this.#options.context.limits.maxPendingBytes) this.#pause();
  }

  get #waitingBytes(): number {
    return this.#lineBytes + this.#inFlightBytes + (this.#line.at(-1)?.large?.bytes ?? 0);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.client.pause();
  }

  #resume(): void {
    const { client, context } = this.#options;
    if (!this.#isPaused || client.writableNeedDrain) return;
    if (this.#waitingBytes > context.limits.maxPendingBytes / 2) return;
    for (const lane of this.#lanes.values()) if (lane.isPaused) return;
    this.#isPaused = false;
    client.resume();
  }
}

const nothing = new Uint8Array(0);
const push = 62;
const minus = 45;
const movedAway = notExecuted('its slot is at another shard now');
