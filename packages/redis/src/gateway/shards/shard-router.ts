import type { ClientStream, EndpointId, Lease } from '@failover/core';
import type { GatewayContext } from '../context.ts';
import { Intake } from '../intake.ts';
import { notExecuted, protocolError } from '../refuse.ts';
import type { EveryLaneOptions } from './every-lane.ts';
import { EveryLane } from './every-lane.ts';
import type { Lane, LaneRelay } from './lane.ts';
import type { LanesOptions } from './lanes.ts';
import { Lanes } from './lanes.ts';
import { LaneState } from './lane-state.ts';
import type { PerformOptions } from './perform.ts';
import { perform } from './perform.ts';
import type { ReadingOptions } from './reading.ts';
import { Reading } from './reading.ts';
import type { RedirectsOptions } from './redirects.ts';
import { Redirects } from './redirects.ts';
import type { ScanningOptions } from './scanning.ts';
import { Scanning } from './scanning.ts';
import { passOn } from './sending.ts';
import type { ShardAnswersOptions } from './shard-answers.ts';
import { ShardAnswers } from './shard-answers.ts';
import type { ShardWaitOptions } from './shard-wait.ts';
import { ShardWait } from './shard-wait.ts';
import type { SlotMap } from './slot-map.ts';
import type { SubscribingOptions } from './subscribing.ts';
import { Subscribing } from './subscribing.ts';
import type { TransactingOptions } from './transacting.ts';
import { Transacting } from './transacting.ts';
import type { TurnsOptions } from './turns.ts';
import { Turns } from './turns.ts';
import type { Unit } from './unit.ts';
import { refusedUnit } from './unit.ts';
import type { UnitIntakeOptions } from './unit-intake.ts';
import { UnitIntake } from './unit-intake.ts';
import type { Step } from './unit-line.ts';
import { UnitLine } from './unit-line.ts';

export interface ShardRouter {
  /** Ends the client once everything that it asked is answered. */
  drain(): void;
  close(): void;
}

export interface ShardRouterOptions extends Pick<LanesOptions, 'openLane' | 'leaseOf'> {
  readonly context: Pick<
    GatewayContext,
    'cluster' | 'commands' | 'limits' | 'scanner' | 'counters' | 'runtime' | 'tick' | 'holdMs'
  >;
  readonly slots: SlotMap;
  readonly client: ClientStream;
  readonly reachedAt?: EndpointId | undefined;
  onClosed(): void;
}

export function createShardRouter(options: ShardRouterOptions): ShardRouter {
  return new OneRouter(options);
}

/**
 * One client that knows of no shards, on one connection to a whole Redis Cluster. Each shard is reached through a
 * relay of its own, which knows of failovers; here commands find their shard, and answers come back in the order of
 * the commands. Order of execution is kept within a shard, as with every client of a cluster.
 */
class OneRouter
  implements
    ShardRouter,
    EveryLaneOptions,
    LanesOptions,
    PerformOptions,
    ReadingOptions,
    RedirectsOptions,
    ScanningOptions,
    ShardAnswersOptions,
    ShardWaitOptions,
    SubscribingOptions,
    TransactingOptions,
    TurnsOptions,
    UnitIntakeOptions
{
  readonly client: ClientStream;
  readonly context: ShardRouterOptions['context'];
  readonly slots: SlotMap;
  readonly reachedAt: EndpointId | undefined;
  isClosed = false;
  readonly line = new UnitLine();
  readonly state = new LaneState();
  readonly turns = new Turns(this);
  readonly lanes: Lanes = new Lanes(this);
  readonly answers: ShardAnswers = new ShardAnswers(this);
  readonly reading = new Reading(this);
  readonly redirects: Redirects = new Redirects(this);
  readonly transacting = new Transacting(this);
  readonly subscribing = new Subscribing(this);

  readonly options: ShardRouterOptions;
  readonly intake: Intake;
  readonly everyLane = new EveryLane(this);
  readonly scanning = new Scanning(this);
  readonly wait = new ShardWait(this);
  readonly stopObserving: () => void;
  isPumping = false;
  isEnding = false;
  /** Our side of the client's connection is ended. */
  isEnded = false;

  constructor(options: ShardRouterOptions) {
    const { client, context, slots } = options;
    this.options = options;
    this.client = client;
    this.context = context;
    this.slots = slots;
    this.reachedAt = options.reachedAt;
    this.intake = new Intake(new UnitIntake(this), context);
    client.on('data', (chunk: Buffer) => {
      if (!this.isEnding) this.intake.feed(chunk);
      this.reading.pauseIfFull();
    });
    client.on('drain', () => {
      this.lanes.drained();
      this.reading.resume();
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      // The rest of a command never comes, and a shard waits for it.
      if (this.line.last?.large?.lane !== undefined) this.close();
      this.line.keep(() => false);
      this.lanes.hungUp();
      this.drain();
    });
    client.on('close', () => {
      this.release();
    });
    this.stopObserving = slots.onServing(() => {
      if (!this.isClosed) this.lanes.leaveRetired();
    });
  }

  drain(): void {
    this.isEnding = true;
    this.pump();
  }

  close(): void {
    this.client.destroy();
    this.release();
  }

  release(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.wait.stop();
    this.stopObserving();
    this.lanes.close();
    this.options.onClosed();
  }

  // ---- what the client asks

  grew(): void {
    this.pump();
    this.reading.pauseIfFull();
  }

  violated(problem: string): void {
    this.context.counters.protocolErrors += 1;
    if (this.line.last?.large?.lane === undefined) {
      this.line.keep(({ large }) => large?.isWhole !== false);
      this.line.push(refusedUnit(protocolError(problem)));
      this.drain();
      return;
    }
    // A shard waits for the rest of a command that never comes: nobody behind it would be answered.
    this.client.write(protocolError(problem));
    this.client.end();
    this.release();
  }

  // ---- whose turn it is

  pump(): void {
    if (this.isPumping || this.isClosed) return;
    this.isPumping = true;
    this.lanes.leaveRetired();
    if (!this.isClosed) this.redirects.resend();
    for (
      let head = this.line.head;
      head !== undefined && this.mayGo && !this.isClosed;
      head = this.line.head
    ) {
      const step = this.step(head);
      if (step === 'noShard') this.awaitShard(head);
      if (step !== 'gone') break;
      this.line.shift();
    }
    this.isPumping = false;
    this.turns.emit();
    this.reading.resume();
    if (this.isEnding && this.line.size === 0 && this.turns.size === 0) this.end();
  }

  /** False while there are answers without which the next command does not go. */
  get mayGo(): boolean {
    const isAwaited = this.everyLane.isOpen || this.subscribing.isOpen || this.transacting.isBeginning;
    return this.redirects.isEmpty && !isAwaited;
  }

  step(unit: Unit): Step {
    const { large } = unit;
    if (large?.lane !== undefined) return passOn(large.lane, large);
    const step = this.transacting.step(unit);
    return step === 'plain' ? perform(unit, this) : step;
  }

  /** Nobody is known to serve what it needs. */
  awaitShard({ deadline, traits }: Unit): void {
    const { counters, tick } = this.context;
    if (tick.now() < deadline) {
      this.wait.until(deadline);
      return;
    }
    this.line.shift();
    counters.notExecuted += 1;
    this.transacting.refused(traits.name);
    this.turns.answer(notExecuted('no shard of the cluster was found in time'));
    queueMicrotask(() => {
      this.pump();
    });
  }

  // ---- what becomes of the client

  leaseOf(shard: string): Lease | undefined {
    return this.options.leaseOf(shard);
  }

  openLane(shard: string, client: ClientStream): LaneRelay {
    return this.options.openLane(shard, client);
  }

  isBound(lane: Lane): boolean {
    return this.subscribing.isAt(lane) || this.transacting.isAt(lane);
  }

  boundMoved(): void {
    this.transacting.moved();
  }

  rehome(lane: Lane): void {
    this.subscribing.rehome(lane, this.context.tick.now());
  }

  subscriptionLost(): void {
    this.close();
  }

  overfull(): void {
    this.context.counters.closedSlow += 1;
    this.close();
  }

  quit(): void {
    const { head } = this.line;
    this.line.keep((unit) => unit === head);
    this.isEnding = true;
  }

  reset(): void {
    this.transacting.reset();
    this.lanes.forgetSubscriptions();
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.client.end();
  }
}
