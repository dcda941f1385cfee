import type { ClientStream, Ms } from '@failover/core';
import { newSession } from '../session/session.ts';
import type { AnswersOptions } from './answers.ts';
import { Answers } from './answers.ts';
import { Attachment } from './attachment.ts';
import type { ClientFacts } from './client-facts.ts';
import { factsOf } from './client-facts.ts';
import type { ClientSideOptions } from './client-side.ts';
import { ClientSide } from './client-side.ts';
import type { ClientState } from './client-state.ts';
import type { Listed, ListedAt } from './clients.ts';
import { Collection } from './collection.ts';
import type { GatewayContext } from './context.ts';
import type { DetachmentOptions } from './detachment.ts';
import { Detachment, askedIn } from './detachment.ts';
import type { Door } from './door.ts';
import type { EntranceOptions } from './entrance.ts';
import { Entrance } from './entrance.ts';
import { farewell } from './farewell.ts';
import type { FlightOptions } from './flight.ts';
import { Flight, anyGeneration } from './flight.ts';
import type { GatesOptions } from './gates.ts';
import { Gates } from './gates.ts';
import type { Identity } from './identity.ts';
import { Intake } from './intake.ts';
import type { LineStepOptions, Sendable } from './line-step.ts';
import { stepLine } from './line-step.ts';
import { Line } from './line.ts';
import { Mute } from './mute.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingSession } from './pending.ts';
import type { Pool } from './pool.ts';
import type { RouteOptions } from './route.ts';
import { Route } from './route.ts';
import type { SendWorkOptions } from './send-work.ts';
import { sendWork } from './send-work.ts';
import type { SentRun } from './sent-commands.ts';
import { commandOf } from './sent-commands.ts';
import type { SessionStepOptions } from './session-step.ts';
import { stepSession } from './session-step.ts';
import type { SettlementOptions } from './settlement.ts';
import { Settlement } from './settlement.ts';
import { Unwatched } from './unwatched.ts';
import type { Loss, Upstream } from './upstream.ts';
import { WaitCover } from './wait-cover.ts';

export interface Relay extends Listed {
  /**
   * The client goes: what waits for a server, or waits at one, is answered now, and the client ends once the rest
   * of what is in flight was answered.
   */
  leave(): void;
  /** Answers everything that is unanswered, now, without asking anybody. */
  abandon(): void;
  /**
   * The client asks nothing more and may be gone, or wait for its answers: it gets those that need not be waited for.
   * Nothing waits for it for a server, and nothing at one, where it would take what is meant for another.
   */
  hungUp(): void;
  /** Since when its subscriptions are with nobody, if they are. */
  readonly unheardSince: Ms | undefined;
}

export interface RelayOptions {
  readonly context: GatewayContext;
  readonly door: Door;
  readonly identity: Identity;
  readonly client: ClientStream;
  readonly at: ListedAt;
  onClosed(): void;
}

export function createRelay(options: RelayOptions): Relay {
  return new OneRelay(options);
}

/**
 * The life of one client. Its commands in flight are on one route at a time, so that the replies come in the order of
 * the commands; to change the route it waits until nothing is in flight.
 *
 * What it asks goes `intake` → `entrance` → `line` → `stepLine` → `route` → `sendWork`, or the short way of `flight`;
 * what comes back goes through `answers`. What comes to nothing, `detachment` and `settlement` put back into the line.
 */
class OneRelay
  implements
    Relay,
    AnswersOptions,
    ClientSideOptions,
    DetachmentOptions,
    EntranceOptions,
    FlightOptions,
    GatesOptions,
    LineStepOptions,
    RouteOptions,
    SendWorkOptions,
    SessionStepOptions,
    SettlementOptions
{
  readonly options: RelayOptions;
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly client: ClientStream;
  readonly shared: Pool<Pending>;
  readonly state: ClientState;
  readonly line = new Line();
  readonly mute = new Mute();
  readonly collection = new Collection();
  readonly attachment = new Attachment();
  readonly cover = new WaitCover();
  readonly gates: Gates = new Gates(this);
  readonly route = new Route(this);
  readonly settlement: Settlement = new Settlement(this);
  readonly detachment = new Detachment(this);
  readonly entrance = new Entrance(this);
  readonly flight: Flight;
  readonly unwatched: Unwatched;
  readonly side: ClientSide;
  readonly intake: Intake;
  readonly openedAt: Ms;
  isEnding = false;
  hasHungUp = false;
  isPumping = false;

  constructor(options: RelayOptions) {
    const { client, context, door } = options;
    const { origin, shared } = door;
    door.relays += 1;
    this.options = options;
    this.context = context;
    this.origin = origin;
    this.client = client;
    this.shared = shared;
    this.openedAt = context.tick.now();
    this.state = { identity: options.identity, user: undefined, session: newSession };
    const flight = new Flight(this, (of) => new Answers(of, this));
    this.flight = flight;
    this.unwatched = new Unwatched(this.state, flight);
    this.side = new ClientSide(this);
    this.intake = new Intake(this.entrance, context);
    client.on('data', (chunk: Buffer) => {
      flight.heard(chunk);
    });
    client.on('end', () => {
      this.hungUp();
      this.drain();
    });
    client.on('close', () => {
      this.onClose();
    });
  }

  // ---- whose turn it is

  /** The same function each time, for whoever remembers who waits. */
  readonly again = (): void => {
    this.pump();
  };

  pump(): void {
    if (this.isPumping || this.isClosed) return;
    this.isPumping = true;
    if (this.hasHungUp && this.waitsForServer) this.settlement.giveUp(closedByClient);
    // An answer that is written here may make a client in this process ask again before we return.
    this.flight.direct = undefined;
    for (let { head } = this.line; head !== undefined && !this.isClosed; { head } = this.line)
      if (!stepLine(head, this)) break;
    this.isPumping = false;
    this.aim();
    this.closeIfBlocked();
    if (this.isEnding && !this.isClosed && !this.flight.isBusy && this.line.size === 0) this.side.end();
  }

  stepSession(head: PendingSession): boolean {
    return stepSession(head, this);
  }

  sendWork(to: Upstream<Pending>, head: Sendable): boolean {
    return sendWork(to, head, this);
  }

  /** Called when anything changed that decides where the next run goes. */
  aim(): void {
    const { attachment, collection, flight, line, mute, route } = this;
    const isFree =
      line.size === 0 &&
      !collection.isOpen &&
      !attachment.isBroken &&
      !this.entrance.isAsking &&
      !this.settlement.isUntold &&
      !this.isEnding &&
      !this.isStranger &&
      !mute.isForOne;
    flight.direct = isFree && (!route.isOnPinned || attachment.isFixed) ? route.upstream : undefined;
    flight.directSince = attachment.isFixed ? anyGeneration : route.generation;
    flight.isAwaited =
      line.size > 0 ||
      collection.isOpen ||
      this.isEnding ||
      this.hasHungUp ||
      this.side.isPaused ||
      mute.isForOne ||
      this.unwatched.owesForgetting;
  }

  deadline(): Ms {
    return this.context.tick.now() + this.context.holdMs;
  }

  // ---- what it asks and is answered

  feed(chunk: Buffer): boolean {
    if (!this.isEnding) this.intake.feed(chunk);
    return this.intake.isInside;
  }

  settled(): void {
    if (this.flight.isBusy) {
      this.closeIfBlocked();
      this.side.resume();
      return;
    }
    const { upstream } = this.route;
    this.unwatched.settled();
    if (this.collection.isOpen && upstream !== undefined) this.detachment.refused(upstream);
    else this.mute.settled();
    this.pump();
    this.side.resume();
  }

  pauseReading(): void {
    this.side.pause();
    this.aim();
  }

  blocked(): void {
    this.side.blocked();
    this.aim();
  }

  // ---- who it is

  /** It has to log in first. */
  get isStranger(): boolean {
    return this.context.users !== undefined && this.state.user === undefined;
  }

  become(to: Identity): void {
    this.state.identity = to;
    // The shared connection is another one too: it is of the old user, database and version.
    this.route.forget();
    this.detachment.drop('its client is somebody else now');
  }

  get unheardSince(): Ms | undefined {
    return this.unwatched.since;
  }

  facts(): ClientFacts {
    const { id, address, reachedAt } = this.options.at;
    return factsOf({
      id,
      address,
      reachedAt,
      ageMs: this.context.tick.now() - this.openedAt,
      users: this.context.users,
      state: this.state,
      isInTransaction: this.attachment.isInTransaction,
      isBlocked: this.blockedOn !== undefined,
    });
  }

  get blockedOn(): Upstream<Pending> | undefined {
    const { isOnPinned, upstream } = this.route;
    if (!isOnPinned || this.attachment.isInTransaction) return undefined;
    return this.asked.some((run) => commandOf(run)?.traits.isBlocking === true) ? upstream : undefined;
  }

  /** What it has in flight. */
  get asked(): readonly SentRun[] {
    return askedIn(this.route.upstream?.runsOf(this.flight.answers) ?? []);
  }

  // ---- its connections

  openPinned(): Pool<Pending> {
    return this.options.door.openPinned(
      this.flight.answers,
      () => this.state.session,
      () => {
        this.pump();
        this.side.resume();
      },
    );
  }

  breakTransaction(): void {
    this.detachment.drop('its transaction cannot be completed');
    this.attachment.break();
    this.aim();
  }

  idle(): void {
    this.detachment.drop('it was not used for a while');
    // What was half sent has an answer now.
    this.pump();
  }

  lost(lost: Upstream<Pending>, loss: Loss<Pending>): void {
    if (this.isClosed) return;
    if (loss.isCut) {
      this.context.counters.cutReplies += 1;
      this.close();
    } else if (this.detachment.lost(lost, loss)) {
      this.pump();
      this.side.resume();
    }
  }

  resubscribe(): void {
    // Not while its answer is read: the connection goes.
    queueMicrotask(() => {
      if (!this.isClosed) this.detachment.drop('its server ended a subscription');
    });
  }

  lostSubscription(): void {
    queueMicrotask(() => {
      this.close();
    });
  }

  tooLate(head: PendingSession): void {
    this.settlement.tooLate(head);
  }

  // ---- how it ends

  get isClosed(): boolean {
    return this.flight.isClosed;
  }

  drain(): void {
    this.isEnding = true;
    this.entrance.end();
    this.pump();
  }

  get waitsForServer(): boolean {
    return this.line.isRestoring || this.origin.lease() === undefined;
  }

  hungUp(): void {
    this.hasHungUp = true;
    this.pump();
  }

  /** As a server closes who hangs up while it waits there. What was asked before that is answered. */
  closeIfBlocked(): void {
    if (!this.hasHungUp || this.isClosed || !this.route.isOnPinned || this.attachment.isInTransaction) return;
    const next = this.asked.find((run) => run.answered < run.count);
    const traits = next === undefined ? undefined : commandOf(next)?.traits;
    if (traits?.isBlocking === true && traits.isWrite) this.close();
  }

  quit(last: Uint8Array): void {
    this.dropLine();
    this.flight.write(last);
    this.isEnding = true;
  }

  leave(): void {
    if (this.isClosed) return;
    this.isEnding = true;
    if (this.blockedOn !== undefined) {
      this.abandon();
      this.client.end();
      return;
    }
    this.settlement.giveUp(closedByClient);
    this.pump();
  }

  abandon(): void {
    if (this.isClosed) return;
    const { context, detachment, flight, line, origin, settlement } = this;
    const on = this.route.upstream;
    const { sent } = detachment.unanswered(this.asked);
    const { replies, unknown } = farewell(sent, on?.lease, closedByClient);
    for (const reply of replies) flight.write(reply);
    context.counters.unknown += unknown;
    if (on !== undefined && unknown > 0)
      context.cluster.reportUnknown(origin.target, on.lease.server, unknown, 'its client closed');
    settlement.giveUp(closedByClient);
    for (const each of line.drain()) if (each.type === 'reply') flight.write(each.bytes);
    this.onClose();
  }

  kill(): void {
    this.abandon();
    this.close();
  }

  tooSlow(): void {
    const { client, context, options, origin } = this;
    context.counters.closedSlow += 1;
    context.reports.tooSlow(origin.target, options.at.address, client.writableLength);
    this.close();
  }

  close(): void {
    this.client.destroy();
    this.onClose();
  }

  onClose(): void {
    if (this.isClosed) return;
    this.flight.isClosed = true;
    this.route.upstream?.leftBy(this.flight.answers);
    // Held commands go with the client that asked for them: it may ask again elsewhere.
    this.dropLine();
    this.route.closePinned('its client is gone');
    this.options.door.relays -= 1;
    this.options.onClosed();
  }

  dropLine(): void {
    for (const each of this.line.drain()) if (each.type !== 'reply') this.gates.cancel(each);
  }
}

/** The words that ioredis itself has for it, on which others rely. */
const closedByClient = 'Connection is closed.';
