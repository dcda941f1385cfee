import type { ClientStream, EndpointId, Lease, Ms } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import { keysOf } from '../../protocol/commands/index.ts';
import { keySlot, slotCount } from '../../protocol/key-slot.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import {
  afterSubscription,
  confirmations,
  noSubscriptions,
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
import { cursorIn, firstFrom, placeOf, scanEnd, scanPlaceOf, scanReply } from './scan-place.ts';
import type { SlotMap } from './slot-map.ts';
import type { ShardTransaction } from './transaction.ts';
import { afterRefusal, discardBytes, noTransaction, stepTransaction } from './transaction.ts';
import type { Unit } from './unit.ts';
import { largeUnitOf, refusedUnit, unitOf } from './unit.ts';

export interface ShardRouterOptions {
  readonly context: Pick<
    GatewayContext,
    'commands' | 'limits' | 'scanner' | 'counters' | 'runtime' | 'tick' | 'holdMs'
  >;
  readonly slots: SlotMap;
  readonly client: ClientStream;
  readonly reachedAt?: EndpointId | undefined;
  /** Opens a connection of this client to a shard. */
  openLane(shard: string, client: ClientStream): Relay;
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
  /** Of answers that wait for those of commands before. */
  #heldBytes = 0;
  /** Answers without which the next command does not go: of a subscription, and of what the connection is. */
  #barrier = 0;
  #subscribing: { readonly unit: Unit; readonly lane: Lane } | undefined;
  /** Refused by shards that have those slots no more. They go again, in order, when nothing is in flight. */
  #redirected: { readonly owed: Owed; readonly shard: string; readonly isAsking: boolean }[] = [];
  #transaction: ShardTransaction = noTransaction;
  #resp: 2 | 3 = 2;
  readonly #stopObserving: () => void;
  #stopWaiting: (() => void) | undefined;
  #isPumping = false;
  #isPaused = false;
  /** The cursor that was answered last, and whose it is: two servers may have the same mark. */
  #scanned: { readonly cursor: string | undefined; readonly shard: string } | undefined;
  /** The shards when it was last looked whether a lane's is still one of them. */
  #serving: readonly string[] = [];
  /** A part of an answer is with the client: what comes between answers waits. */
  #isPassing = false;
  #late: Uint8Array[] = [];
  #isEnding = false;
  #isEnded = false;
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
      for (const lane of this.#lanes.values()) lane.stream.drained();
      this.#resume();
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      // The rest of a command never comes, and a shard waits for it.
      if (this.#line.at(-1)?.large?.lane !== undefined) this.close();
      this.#line = [];
      this.drain();
    });
    client.on('close', () => {
      this.#release();
    });
    this.#stopObserving = options.slots.onServing(() => {
      this.#leaveRetired();
    });
  }

  /** Ends the client once everything that it asked is answered. */
  drain(): void {
    this.#isEnding = true;
    this.#pump();
  }

  close(): void {
    this.#options.client.destroy();
    this.#release();
  }

  #release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting?.();
    this.#stopObserving();
    for (const lane of this.#lanes.values()) lane.stream.close();
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
    const { client, context } = this.#options;
    context.counters.protocolErrors += 1;
    if (this.#line.at(-1)?.large?.lane === undefined) {
      this.#line = this.#line.filter(({ large }) => large?.isWhole !== false);
      this.#line.push(refusedUnit(protocolError(problem)));
      this.drain();
      return;
    }
    // A shard waits for the rest of a command that never comes: nobody behind it would be answered.
    client.write(protocolError(problem));
    client.end();
    this.#release();
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
    this.#leaveRetired();
    this.#resend();
    for (let head = this.#line[0]; head !== undefined; head = this.#line[0]) {
      if (this.#redirected.length > 0 || this.#barrier > 0 || !this.#dispatch(head)) break;
      this.#line.shift();
      this.#lineBytes -= head.bytes.length;
    }
    this.#isPumping = false;
    this.#emit();
    this.#resume();
    if (this.#isEnding && this.#line.length === 0 && this.#turns.length === 0 && !this.#isEnded) {
      this.#isEnded = true;
      this.#options.client.end();
    }
  }

  /** True if it needs nothing any more of what comes behind it. */
  #dispatch(unit: Unit): boolean {
    const { plan, traits } = unit;
    if (unit.large?.lane !== undefined) return this.#sendTo(unit.large.lane, unit, false);
    if (this.#transaction.type === 'none' && traits.route !== 'transaction') return this.#perform(unit, plan);
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
        const { before } = step;
        before.forEach((bytes, at) => {
          if (at === 0) this.#begin(lane, bytes);
          else this.#ask(lane, bytes, undefined, 0, true);
        });
        const first = this.#transaction.type === 'none' && traits.name === 'WATCH' ? step.next : undefined;
        this.#setTransaction(step.next);
        return this.#sendTo(lane, unit, true, (reply) => {
          // Nothing is watched yet, so it may be elsewhere the next time.
          if (reply[0] === minus && this.#transaction === first) this.#transaction = noTransaction;
          return reply;
        });
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

  /** MULTI, of which the client was told before a server was. Without it nothing behind it is a transaction. */
  #begin(lane: Lane, multi: Uint8Array): void {
    // One that is held may be refused before what comes next, which then would run by itself: so that waits.
    const isHeld = this.#options.leaseOf(lane.shard) === undefined;
    if (isHeld) this.#barrier += 1;
    const turn = turnOf(1, 'first', [], (reply) => {
      if (isHeld) this.#barrier -= 1;
      if (reply[0] === minus && this.#transaction.type === 'bound')
        this.#transaction = { type: 'failed', shard: undefined };
      return reply;
    });
    // The client has its answer.
    turn.isEmitted = true;
    this.#ask(lane, multi, turn, 0, true);
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

  #sendTo(lane: Lane, unit: Unit, isBound: boolean, shown?: Turn['shown']): boolean {
    const { large } = unit;
    if (large === undefined) {
      const turn = turnOf(1, 'first', [], shown);
      this.#turns.push(turn);
      this.#ask(lane, unit.bytes, turn, 0, isBound);
      return true;
    }
    if (large.lane === undefined) {
      large.lane = lane;
      const turn = turnOf(1);
      this.#turns.push(turn);
      lane.owed.push({ bytes: undefined, turn, part: 0, isBound, redirects: 0 });
      this.#inFlight += 1;
    }
    const { parts } = large;
    large.parts = [];
    large.bytes = 0;
    for (const part of parts) lane.stream.ask(part);
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
    const lanes = [...this.#lanes.values()];
    const turn = turnOf(
      lanes.length,
      'first',
      lanes.map(() => []),
      (reply) => {
        this.#barrier -= 1;
        const refusals = turn.parts.filter(({ bytes }) => bytes?.[0] === minus).length;
        if (refusals === 0) this.#sessionTaken(unit);
        else if (refusals < lanes.length) {
          // It would be one user at some shards and another one at others.
          queueMicrotask(() => {
            this.close();
          });
        }
        return reply;
      },
    );
    // What comes behind it speaks as whoever it makes of the client.
    this.#barrier += 1;
    this.#turns.push(turn);
    lanes.forEach((lane, part) => {
      this.#ask(lane, unit.bytes, turn, part, true);
    });
    return true;
  }

  #sessionTaken(unit: Unit): void {
    this.#state.taken(unit);
    const version = unit.traits.name === 'HELLO' ? unit.args[1]?.toString('latin1') : undefined;
    if (version !== undefined) this.#resp = version === '3' ? 3 : 2;
    if (unit.traits.name !== 'RESET') return;
    this.#resp = 2;
    this.#transaction = noTransaction;
    for (const lane of this.#lanes.values()) lane.subscriptions = noSubscriptions;
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
        ? (this.#subscriptionShard(isShardKind) ?? this.#anyShard())
        : this.#options.slots.shardOf(slot),
    );
    if (lane === undefined) return this.#wait(unit);
    this.#subscribing = { unit, lane };
    this.#barrier = confirmations(lane.subscriptions, traits.name, names);
    lane.stream.ask(unit.bytes);
    return true;
  }

  /** Every node of a cluster hears what is published at any: all channels of a client are at one. */
  #subscriptionShard(isShardKind: boolean): string | undefined {
    for (const { shard, subscriptions } of this.#lanes.values()) {
      const { channel, pattern, shard: own } = subscriptions;
      if ((isShardKind ? own.size : channel.size + pattern.size) > 0) return shard;
    }
    return undefined;
  }

  #scan(unit: Unit): boolean {
    const place = scanPlaceOf(unit.args[1]?.toString('latin1') ?? '');
    if (place.type === 'invalid') return this.#toShard(unit, this.#anyShard());
    const shards = this.#options.slots.serving();
    if (shards.length === 0) return this.#wait(unit);
    const shard = place.type === 'begin' ? firstFrom(shards, place.from) : this.#markedBy(unit, place.mark);
    if (shard === undefined) {
      this.#answer(place.type === 'begin' ? scanEnd : scanInterrupted);
      return true;
    }
    const lane = this.#lane(shard);
    if (lane === undefined) return this.#wait(unit);
    const turn = turnOf(1, 'first', [], (reply) => {
      this.#scanned = { cursor: cursorIn(reply), shard };
      return scanReply(reply, firstFrom(this.#options.slots.serving(), placeOf(shard) + 1));
    });
    const bytes =
      place.type === 'begin' && place.from > 0
        ? encodeCommand(unit.args.map((arg, index) => (index === 1 ? '0' : arg)))
        : unit.bytes;
    this.#turns.push(turn);
    this.#ask(lane, bytes, turn, 0, false);
    return true;
  }

  /** The shard whose server gave this cursor; undefined if none has, or perhaps another one. */
  #markedBy({ args }: Unit, mark: number): string | undefined {
    const [only, ...others] = this.#options.slots.serving().filter((each) => {
      const lease = this.#options.leaseOf(each);
      return lease !== undefined && markOf(lease) === mark;
    });
    if (others.length === 0) return only;
    return this.#scanned?.cursor === args[1]?.toString('latin1') ? this.#scanned?.shard : undefined;
  }

  /** Whichever can answer at once; if none can, the one that was used before. */
  #anyShard(): string | undefined {
    const shards = this.#options.slots.serving();
    const known = [...[...this.#lanes.keys()].filter((shard) => shards.includes(shard)), ...shards];
    return known.find((shard) => this.#options.leaseOf(shard) !== undefined) ?? known[0];
  }

  /** Nobody is known to serve what it needs. */
  #wait(unit: Unit): false {
    const { context, slots } = this.#options;
    if (context.tick.now() >= unit.deadline) {
      this.#line.shift();
      this.#lineBytes -= unit.bytes.length;
      context.counters.notExecuted += 1;
      this.#transaction = afterRefusal(this.#transaction, unit.traits.name);
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
    const lane = new Lane(shard, this.#options.client, this);
    this.#lanes.set(shard, lane);
    lane.stream.servedBy(this.#options.openLane(shard, lane.stream));
    for (const bytes of this.#state.commands) {
      this.#push(lane, { bytes, turn: undefined, part: 0, isBound: true, isSetup: true, redirects: 0 });
    }
    return lane;
  }

  /** It is not who the client is: nothing of the client's may run there. */
  #refuseLane(lane: Lane): void {
    this.#lanes.delete(lane.shard);
    // First: what waits behind the refused command goes with it.
    lane.stream.close();
    const reply = notExecuted('a connection to its shard could not be set up');
    for (const owed of lane.owed.splice(0)) {
      this.#answered(owed);
      if (owed.turn !== undefined) this.#options.context.counters.notExecuted += 1;
      this.#settle(lane, owed, reply);
    }
    const transaction = this.#transaction;
    if ('shard' in transaction && transaction.shard === lane.shard) {
      this.#transaction =
        transaction.type === 'watching' ? noTransaction : { type: 'failed', shard: undefined };
    }
    if (this.#subscribing?.lane === lane) this.#subscriptionRefused(reply);
  }

  /** Lanes to shards that have no slots any more, as soon as nothing holds the client there. */
  #leaveRetired(): void {
    const serving = this.#options.slots.serving();
    if (serving === this.#serving || this.#isClosed) return;
    let isDone = true;
    for (const lane of this.#lanes.values()) {
      if (serving.includes(lane.shard)) continue;
      const isBound = 'shard' in this.#transaction && this.#transaction.shard === lane.shard;
      const isBusy = lane.owed.length > 0 || this.#subscribing?.lane === lane || isBound;
      if (isBusy) isDone = false;
      else if (subscriptionCount(lane.subscriptions) > 0) {
        // Its servers may go without a word, and it would never hear again. A client that is closed subscribes anew.
        this.close();
        return;
      } else {
        this.#lanes.delete(lane.shard);
        lane.stream.close();
      }
    }
    if (isDone) this.#serving = serving;
  }

  #ask(lane: Lane, bytes: Uint8Array, turn: Turn | undefined, part: number, isBound: boolean): void {
    this.#push(lane, { bytes, turn, part, isBound, redirects: 0 });
  }

  #push(lane: Lane, owed: Owed): void {
    lane.owed.push(owed);
    this.#inFlight += 1;
    const bytes = owed.bytes ?? nothing;
    this.#inFlightBytes += bytes.length;
    lane.stream.ask(bytes);
  }

  mayPass(lane: Lane, first: number): boolean {
    this.#emit();
    const turn = lane.owed[0]?.turn;
    const isNext = turn !== undefined && turn === this.#turns[0] && turn.parts.length === 1;
    const isReply = first !== minus && first !== push && !this.#isSubscriber(lane);
    return isNext && isReply && turn.shown === undefined;
  }

  passed(lane: Lane, bytes: Uint8Array, isLast: boolean): void {
    this.#isPassing = !isLast;
    this.#options.client.write(bytes);
    if (!isLast) return;
    const late = this.#late;
    this.#late = [];
    for (const frame of late) this.#options.client.write(frame);
    const turn = this.#turns.shift();
    if (turn !== undefined) turn.isEmitted = true;
    this.#answered(lane.owed.shift());
  }

  wasRead(): void {
    this.#pump();
  }

  framed(lane: Lane, frame: Uint8Array): void {
    if (this.#isClosed || this.#isPushed(lane, frame)) return;
    const owed = lane.owed.shift();
    if (owed === undefined) {
      this.#subscriptionRefused(frame);
      return;
    }
    this.#answered(owed);
    if (owed.isSetup === true && frame[0] === minus) {
      this.#refuseLane(lane);
      this.#pump();
      return;
    }
    const redirect = redirectIn(frame);
    if (redirect === undefined) this.#settle(lane, owed, frame);
    else if (!this.#follow(owed, redirect)) {
      this.#options.context.counters.notExecuted += 1;
      this.#settle(lane, owed, movedAway);
    }
  }

  #answered(owed: Owed | undefined): void {
    this.#inFlight -= 1;
    this.#inFlightBytes -= owed?.bytes?.length ?? 0;
  }

  #settle(lane: Lane, { turn, part }: Owed, reply: Uint8Array): void {
    if (turn === undefined) return;
    answerPart(turn, part, reply);
    if (turn.isEmitted) return;
    lane.answered = turn;
    if (turn === this.#turns[0]) return;
    turn.heldBytes += reply.length;
    this.#heldBytes += reply.length;
    const { counters, limits } = this.#options.context;
    if (this.#heldBytes <= limits.maxLineBytes) return;
    this.#emit();
    if (this.#heldBytes <= limits.maxLineBytes) return;
    counters.closedSlow += 1;
    this.close();
  }

  #isSubscriber({ subscriptions }: Lane): boolean {
    return this.#resp === 2 && (this.#subscribing !== undefined || subscriptionCount(subscriptions) > 0);
  }

  /** What no command asked for, and what a subscription asked for: it comes between the answers. */
  #isPushed(lane: Lane, frame: Uint8Array): boolean {
    if (frame[0] !== push && !this.#isSubscriber(lane)) return false;
    const pushed = readPushed(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    if (pushed.type === 'reply') return false;
    this.#show(lane, frame);
    if (pushed.type !== 'confirmation') return true;
    const channels = pushed.channel === undefined ? [] : [pushed.channel];
    lane.subscriptions = afterSubscription(lane.subscriptions, pushed.name, channels);
    const subscribing = this.#subscribing;
    if (subscribing?.lane === lane && subscribing.unit.traits.name === pushed.name) {
      this.#confirmed(subscribing.unit, lane);
    }
    return true;
  }

  #confirmed(unit: Unit, lane: Lane): void {
    this.#barrier -= 1;
    if (this.#barrier > 0) return;
    this.#subscribing = undefined;
    // From all of its shard channels it goes, shard by shard.
    const isFromAll = unit.traits.name === 'SUNSUBSCRIBE' && unit.args.length === 1;
    if (!isFromAll || lane.subscriptions.shard.size > 0 || this.#subscriptionShard(true) === undefined)
      return;
    this.#line.unshift(unit);
    this.#lineBytes += unit.bytes.length;
  }

  /** Not before what its server answered before: a key that it says has changed was read with that answer. */
  #show({ answered }: Lane, frame: Uint8Array): void {
    if (answered?.isEmitted === false) {
      answered.pushed = [...answered.pushed, frame];
    } else if (this.#isPassing) this.#late.push(frame);
    else this.#options.client.write(frame);
  }

  /** One error answers all of its channels. */
  #subscriptionRefused(frame: Uint8Array): void {
    const unit = this.#subscribing?.unit;
    if (unit === undefined) return;
    this.#subscribing = undefined;
    this.#barrier = 0;
    const redirect = redirectIn(frame);
    const shard = redirect === undefined ? undefined : this.#shardIn(redirect);
    if (redirect === undefined || shard === undefined || unit.redirects >= maxRedirects) {
      this.#answer(redirect === undefined ? frame : movedAway);
      return;
    }
    this.#options.slots.moved(redirect.slot, shard);
    unit.redirects += 1;
    this.#line.unshift(unit);
    this.#lineBytes += unit.bytes.length;
  }

  /** A relay tells the name of a shard; an address only of what it cannot send again. */
  #shardIn({ at }: Redirect): string | undefined {
    if (at === undefined) return undefined;
    return this.#options.slots.shardAt(at) ?? hostOf(at);
  }

  /** False if it cannot go elsewhere. */
  #follow(owed: Owed, redirect: Redirect): boolean {
    const shard = this.#shardIn(redirect);
    if (shard === undefined) return false;
    if (redirect.type === 'moved') this.#options.slots.moved(redirect.slot, shard);
    if (owed.isBound || owed.bytes === undefined || owed.redirects >= maxRedirects) {
      if (owed.isBound && this.#transaction.type === 'bound') {
        this.#transaction = { type: 'failed', shard: this.#transaction.shard };
      }
      return false;
    }
    this.#redirected.push({ owed, shard, isAsking: redirect.type === 'ask' });
    return true;
  }

  #resend(): void {
    if (this.#redirected.length === 0 || this.#inFlight > 0) return;
    const redirected = this.#redirected;
    this.#redirected = [];
    for (const { owed, shard, isAsking } of redirected) {
      const lane = this.#lane(shard);
      if (lane === undefined) continue;
      const again = { ...owed, redirects: owed.redirects + 1 };
      if (isAsking) this.#pushAsking(lane, again);
      else this.#push(lane, again);
    }
  }

  /** In one piece: what ASKING is about comes right behind it. */
  #pushAsking(lane: Lane, owed: Owed): void {
    const bytes = owed.bytes ?? nothing;
    lane.owed.push({ bytes: undefined, turn: undefined, part: 0, isBound: true, redirects: 0 }, owed);
    this.#inFlight += 2;
    this.#inFlightBytes += bytes.length;
    lane.stream.ask(Buffer.concat([asking, bytes]));
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
    const replies: Uint8Array[] = [];
    for (const turn of this.#turns.splice(0, count)) {
      turn.isEmitted = true;
      this.#heldBytes -= turn.heldBytes;
      replies.push(turn.reply ?? nothing, ...turn.pushed);
    }
    const [first] = replies;
    this.#options.client.write(replies.length === 1 && first !== undefined ? first : Buffer.concat(replies));
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
    const { maxPendingBytes, maxPendingCommands } = this.#options.context.limits;
    if (this.#waitingBytes > maxPendingBytes || this.#waiting > maxPendingCommands) this.#pause();
  }

  get #waiting(): number {
    return this.#line.length + this.#turns.length;
  }

  get #waitingBytes(): number {
    return this.#lineBytes + this.#inFlightBytes + this.#heldBytes + (this.#line.at(-1)?.large?.bytes ?? 0);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.client.pause();
  }

  #resume(): void {
    const { client, context } = this.#options;
    if (!this.#isPaused || client.writableNeedDrain) return;
    const { maxPendingBytes, maxPendingCommands } = context.limits;
    if (this.#waitingBytes > maxPendingBytes / 2 || this.#waiting > maxPendingCommands / 2) return;
    for (const lane of this.#lanes.values()) if (lane.stream.isPaused) return;
    this.#isPaused = false;
    client.resume();
  }
}

const nothing = new Uint8Array(0);
const push = 62;
const minus = 45;
const movedAway = notExecuted('its slot is at another shard now');
