import type { CommandTraits } from '../protocol/commands/index.ts';
import { writeBit } from '../protocol/commands/index.ts';
import type { Session } from '../session/session.ts';
import { isListening, newSession } from '../session/session.ts';
import type { TransactionState } from '../session/transaction.ts';
import type { AnswersOptions } from './answers.ts';
import { Answers } from './answers.ts';
import { Attachment } from './attachment.ts';
import type { Sent } from './burst.ts';
import type { ClientSideOptions } from './client-side.ts';
import { ClientSide } from './client-side.ts';
import type { ClientFacts } from './client-facts.ts';
import { factsOf } from './client-facts.ts';
import type { ClientState } from './client-state.ts';
import type { Listed } from './clients.ts';
import { nobodyUnblocked } from './clients.ts';
import type { ClientStream, EndpointId, HoldRequest, Lease, Ms } from '@failover/core';
import { Collection } from './collection.ts';
import type { GatewayContext } from './context.ts';
import type { GateEvents } from './gates.ts';
import { Gates } from './gates.ts';
import type { EntranceEvents } from './entrance.ts';
import { Entrance } from './entrance.ts';
import { farewell } from './farewell.ts';
import type { Identity } from './identity.ts';
import { Intake } from './intake.ts';
import { Line } from './line.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingCommand, PendingLarge, PendingRun, PendingWork } from './pending.ts';
import { countOf, openGate, replyOf, restoreWork } from './pending.ts';
import type { Pool } from './pool.ts';
import { behindUnknown, behindUnknownReason, recover } from './recovery.ts';
import type { SentCommand } from './split-run.ts';
import { splitRun } from './split-run.ts';
import { Mute } from './mute.ts';
import { notExecuted, refusedByUs, scanInterrupted, transactionLost } from './refuse.ts';
import { markOf, unmarked } from './scan-cursor.ts';
import { repeated } from './repeated.ts';
import type { RouteOptions } from './route.ts';
import { Route } from './route.ts';
import type { SentRun } from './sent-commands.ts';
import { commandOf, commandsOf, lostOnPinned, lostOnShared } from './sent-commands.ts';
import { Unwatched } from './unwatched.ts';
import { asking } from './shards/redirect.ts';
import type { SessionStepOptions } from './session-step.ts';
import { stepSession } from './session-step.ts';
import { ok } from './status.ts';
import { mayAsk, noAuth } from './stranger.ts';
import type { Loss, Owner, Upstream } from './upstream.ts';
import { WaitCover } from './wait-cover.ts';

export interface Relay extends Listed {
  /**
   * The client goes: what waits for a server, or waits at one, is answered now, and the client ends once the rest
   * of what is in flight was answered.
   */
  leave(): void;
  /** Answers everything that is unanswered, now, without asking anybody. */
  abandon(): void;
}

export interface RelayOptions {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly shared: Pool<Pending>;
  /** Connections of this client alone; each begins with what `replay` gives. */
  openPinned(owner: Owner<Pending>, session: () => Session, onDrain: () => void): Pool<Pending>;
  readonly identity: Identity;
  readonly client: ClientStream;
  readonly address: string;
  readonly reachedAt?: EndpointId | undefined;
  readonly id: number;
  readonly clients: ReadonlyMap<number, Listed>;
  onClosed(): void;
}

export function createRelay(options: RelayOptions): Relay {
  return new OneRelay(options);
}

/**
 * One client. Its commands in flight are on one route at a time, so that the replies come in the order of the
 * commands; to change the route it waits until nothing is in flight.
 */
class OneRelay
  implements
    Relay,
    AnswersOptions,
    ClientSideOptions,
    EntranceEvents,
    GateEvents,
    RouteOptions,
    SessionStepOptions
{
  // All that a command and its reply touch on the good path stands together: with many clients the caches are cold
  // each time one of them has its turn.
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly client: ClientStream;
  /** Where a run may go at once; else it takes its turn in the line. */
  direct: Upstream<Pending> | undefined;
  /** The origin's generation when `direct` was chosen, or `anyGeneration`. */
  directSince = -1;
  inFlight = 0;
  inFlightBytes = 0;
  isMidCommand = false;
  isClosed = false;
  isAsking = false;
  /** Somebody waits until nothing is in flight. */
  isAwaited = false;
  readonly answers: Owner<Pending> = new Answers(this);
  readonly collection = new Collection();
  readonly line = new Line();

  readonly options: RelayOptions;
  readonly openedAt: Ms;
  readonly shared: Pool<Pending>;
  readonly state: ClientState;
  readonly attachment = new Attachment();
  readonly cover = new WaitCover();
  readonly mute = new Mute();
  readonly gates = new Gates(this);
  readonly route = new Route(this);
  readonly unwatched: Unwatched;
  readonly side: ClientSide;
  readonly intake: Intake;

  /** Something is unknown and the client does not know it yet: what it sends was sent without that knowledge. */
  isUntold = false;
  isEnding = false;
  isPumping = false;
  isRestoring = false;
  /** Of which the reply was too large for a connection that others share. */
  large: PendingWork | undefined;

  constructor(options: RelayOptions) {
    const { client, context, origin, shared } = options;
    this.context = context;
    this.origin = origin;
    this.client = client;
    this.options = options;
    this.openedAt = context.tick.now();
    this.shared = shared;
    this.state = { identity: options.identity, user: undefined, session: newSession };
    this.unwatched = new Unwatched(this.state, this);
    this.side = new ClientSide(this);
    this.intake = new Intake(new Entrance(this), context);
    client.on('data', (chunk: Buffer) => {
      this.heard(chunk);
    });
    client.on('end', () => {
      this.dropLine();
      this.drain();
    });
    client.on('close', () => {
      this.onClose();
    });
  }

  /** The same function each time, for whoever remembers who waits. */
  readonly again = (): void => {
    this.pump();
  };

  // ---- what the client asks

  heard(chunk: Buffer): void {
    let from = 0;
    if (this.direct !== undefined && !this.isMidCommand) from = this.sendAtOnce(this.direct, chunk);
    if (from < chunk.length && !this.isEnding) {
      this.intake.feed(from === 0 ? chunk : chunk.subarray(from));
      this.isMidCommand = this.intake.isInside;
    }
    const { maxPendingBytes, maxPendingCommands } = this.context.limits;
    const bytes = this.inFlightBytes + (this.isAwaited ? this.line.bytes : 0);
    if (bytes > maxPendingBytes || this.inFlight > maxPendingCommands) this.pauseReading();
  }

  /** A run goes at once, as most do. False: it takes its turn. */
  sent(bytes: Uint8Array, from: number, to: number, count: number): boolean {
    if (this.direct === undefined || !this.canGo(this.direct)) return false;
    this.send(this.direct, bytes, from, to, count);
    return true;
  }

  arriving(): PendingLarge | undefined {
    const { last } = this.line;
    return last?.type === 'large' && !last.isWhole ? last : undefined;
  }

  grew(large: PendingLarge): void {
    this.pump();
    const isMuch = large.bytes > this.context.limits.maxPendingBytes;
    if (isMuch || this.route.upstream?.isCongested === true) this.pauseReading();
  }

  violated(answer: Uint8Array): void {
    this.context.counters.protocolErrors += 1;
    const cut = this.arriving();
    if (cut === undefined) this.reply(answer);
    else {
      // The rest of it never comes: nobody behind it would be answered.
      this.gates.cancel(cut);
      this.line.replace(cut, replyOf(answer));
    }
    this.drain();
  }

  canGo(to: Upstream<Pending>): boolean {
    return (
      (this.directSince === this.origin.generation || this.directSince === anyGeneration) &&
      to.isOpen &&
      (!to.isBusy || this.inFlight > 0)
    );
  }

  send(to: Upstream<Pending>, bytes: Uint8Array, from: number, end: number, count: number): void {
    this.inFlight += count;
    this.inFlightBytes += end - from;
    to.send(this.answers, undefined, bytes, from, end, count);
  }

  /** Most chunks are whole commands that go where the last ones went. Returns how much of it was that. */
  sendAtOnce(to: Upstream<Pending>, chunk: Buffer): number {
    const { scanner } = this.context;
    if (scanner.scan(chunk, 0, chunk.length) !== 'run') {
      scanner.forget();
      return 0;
    }
    const { end, count, bits } = scanner;
    if (count > 0) {
      if (!this.canGo(to) || ((bits & writeBit) !== 0 && this.origin.role !== 'primary')) return 0;
      this.send(to, chunk, 0, end, count);
    }
    return end;
  }

  /** Called when anything changed that decides where the next run goes. */
  aim(): void {
    const isFree =
      this.line.size === 0 &&
      !this.collection.isOpen &&
      !this.attachment.isBroken &&
      !this.isAsking &&
      !this.isUntold &&
      !this.isEnding &&
      !this.isStranger &&
      !this.mute.isForOne;
    this.direct =
      isFree && (!this.route.isOnPinned || this.attachment.isFixed) ? this.route.upstream : undefined;
    this.directSince = this.attachment.isFixed ? anyGeneration : this.route.generation;
    this.isAwaited =
      this.line.size > 0 ||
      this.collection.isOpen ||
      this.isEnding ||
      this.side.isPaused ||
      this.mute.isForOne ||
      this.unwatched.owesForgetting;
  }

  accept(work: PendingWork): void {
    if (work.type === 'large' && readWhole.has(work.traits.route)) {
      this.reply(
        refusedByUs(`${work.traits.name} above 1 MiB`, 'it has to be read whole; send it in several'),
      );
      return;
    }
    if (this.isUntold && !this.context.continueAfterUnknown) {
      this.context.counters.notExecuted += countOf(work);
      this.reply(repeated(behindUnknown, countOf(work)));
      return;
    }
    if (this.line.bytes > this.context.limits.maxLineBytes) {
      this.context.counters.notExecuted += countOf(work);
      this.reply(repeated(notExecuted('too much is waiting'), countOf(work)));
      return;
    }
    this.line.push(work);
    // Behind others that wait it waits too, and is counted with them.
    if (this.gates.waiting > 0) this.gates.hold(work);
    this.pump();
  }

  reply(bytes: Uint8Array): void {
    this.line.push(replyOf(bytes));
    this.pump();
  }

  answer(bytes: Uint8Array): void {
    this.line.push({ ...replyOf(bytes), isForKnown: true });
    this.pump();
  }

  deadline(): number {
    return this.context.tick.now() + this.context.holdMs;
  }

  // ---- whose turn it is

  pump(): void {
    if (this.isPumping || this.isClosed) return;
    this.isPumping = true;
    // An answer that is written here may make a client in this process ask again before we return.
    this.direct = undefined;
    for (let head = this.line.head; head !== undefined && !this.isClosed; head = this.line.head)
      if (!this.step(head)) break;
    this.isPumping = false;
    this.aim();
    if (this.isEnding && !this.isClosed && this.inFlight === 0 && this.line.size === 0) this.side.end();
  }

  /** True if the head of the line was dealt with. */
  step(head: Pending): boolean {
    if (this.mute.isForOne) {
      if (this.inFlight > 0) return false;
      if (head.type === 'run' && head.count > 1) return this.splitHead(head);
    }
    if (head.type === 'reply') {
      if (this.inFlight > 0) return false;
      this.line.shift();
      this.mute.begin();
      this.write(head.isForKnown === true && this.isStranger ? noAuth : head.bytes);
      this.mute.settled();
      if (head.tellsUnknown) this.isUntold = false;
      return true;
    }
    if (this.isStranger && !mayAsk(head)) return this.stepStranger(head);
    if (head.gate.type === 'waiting' || this.collection.isOpen) return false;
    if (head.type === 'session') return this.inFlight === 0 && stepSession(head, this);
    if (this.attachment.isBroken && head.type !== 'restore') return this.stepBroken(head);
    const way =
      this.mayShare(head) && !this.attachment.isFixed ? this.route.shared(head) : this.route.pinned(head);
    if (way === 'waits') return false;
    if (way === 'settled') return true;
    switch (head.type) {
      case 'run':
        this.line.shift();
        this.mute.begin();
        this.send(way, head.bytes, head.from, head.to, head.count);
        return true;
      case 'command':
        return this.sendCommand(way, head);
      case 'restore':
        this.line.shift();
        this.isRestoring = false;
        return true;
      case 'large':
        return this.sendLarge(way, head);
    }
  }

  splitHead(head: PendingRun): boolean {
    this.line.shift();
    const { deadline: until, gate } = head;
    const single = ({ bytes, from, to }: SentCommand): Pending => ({
      type: 'run',
      bytes,
      from,
      to,
      count: 1,
      deadline: until,
      gate,
    });
    this.line.putInFront(splitRun(this.context.commands, head.bytes, head.from, head.to).map(single));
    return true;
  }

  mayShare(work: PendingWork): boolean {
    if (work.type !== 'command') return work.type === 'run';
    if (work === this.large) return false;
    const { route } = work.traits;
    // Of what is shared only a command behind ASKING comes alone.
    return (
      (route === 'cursor' || route === 'shared') && work.bytes.length <= this.context.limits.maxSharedBytes
    );
  }

  sendCommand(to: Upstream<Pending>, asked: PendingCommand): boolean {
    const { name, route: kind } = asked.traits;
    const asKnownThere = kind === 'cursor' ? unmarked(asked.bytes, markOf(to.lease)) : undefined;
    if (kind === 'cursor' && asKnownThere === undefined) {
      this.line.replace(asked, replyOf(scanInterrupted));
      return true;
    }
    if (asked.about !== undefined && (!asked.about.isOpen || asked.about.lease !== to.lease)) {
      this.line.replace(asked, replyOf(nobodyUnblocked));
      return true;
    }
    this.line.shift();
    this.mute.begin();
    const before = this.attachment.isInTransaction ? undefined : this.cover.before(name, to);
    if (before !== undefined) this.sendUnasked(to, before);
    if (asked.isAsking === true) this.sendUnasked(to, asking);
    const { command, count } = this.attachment.send(asked, this.state.identity.resp);
    const bytes = asKnownThere ?? command.bytes;
    if (sendsScripts.has(name)) this.context.scripts.sent(command.bytes, to.lease, this.context.tick.now());
    this.inFlight += count;
    this.inFlightBytes += bytes.length;
    to.send(this.answers, command, bytes, 0, bytes.length, count);
    return true;
  }

  /** One command of our own, right before the client's. */
  sendUnasked(to: Upstream<Pending>, bytes: Uint8Array): void {
    to.send(this.answers, restoreWork(), bytes, 0, bytes.length, 1);
  }

  sendLarge(to: Upstream<Pending>, large: PendingLarge): boolean {
    if (!large.hasBegun && this.inFlight > 0) return false;
    large.hasBegun = true;
    const parts = large.parts;
    large.parts = [];
    large.bytes = 0;
    const last = large.isWhole ? parts.pop() : undefined;
    for (const part of parts) to.sendPart(part);
    this.route.used();
    if (last === undefined) {
      if (to.isCongested) this.pauseReading();
      else this.side.resume();
      return false;
    }
    this.line.shift();
    this.mute.begin();
    this.inFlight += 1;
    this.inFlightBytes += last.length;
    to.send(this.answers, large, last, 0, last.length, 1);
    return true;
  }

  /** The transaction is lost: what belongs to it learns that, up to EXEC or DISCARD. */
  stepBroken(head: Exclude<PendingWork, { type: 'restore' | 'session' }>): boolean {
    const name = head.type === 'command' ? head.traits.name : '';
    if (name === 'EXEC' || name === 'DISCARD') this.attachment.endTransaction();
    this.context.counters.notExecuted += countOf(head);
    this.line.replace(head, replyOf(name === 'DISCARD' ? ok : repeated(transactionLost, countOf(head))));
    return true;
  }

  /** No server, and no part of us that answers for one, hears of it. */
  stepStranger(head: PendingWork): boolean {
    this.gates.cancel(head);
    if (head.type === 'restore') {
      this.line.shift();
      this.isRestoring = false;
    } else this.line.replace(head, replyOf(repeated(noAuth, countOf(head))));
    return true;
  }

  /** It has to log in first. */
  get isStranger(): boolean {
    return this.context.users !== undefined && this.state.user === undefined;
  }

  // ---- commands about the connection itself

  become(to: Identity): void {
    this.state.identity = to;
    // The shared connection is another one too: it is of the old user, database and version.
    this.route.forget();
    this.dropPinned('its client is somebody else now');
  }

  breakTransaction(): void {
    this.dropPinned('its transaction cannot be completed');
    this.attachment.break();
    this.aim();
  }

  dropPinned(reason: string): void {
    this.attachment.dropped(this.state.session);
    this.unwatched.begin(this.context.tick.now());
    if (this.route.isOnPinned) this.forgetRoute();
    this.dropHalfSent();
    this.aim();
    this.route.closePinned(reason);
    this.needServerAgain();
  }

  // ---- what the server answers

  settled(count: number, run: SentRun): void {
    this.inFlight -= count;
    this.origin.answered += count;
    if (run.answered >= run.count) this.inFlightBytes -= run.to - run.from;
    if (!this.isAwaited) return;
    if (this.inFlight === 0) this.allSettled();
    else if (this.side.isPaused) this.side.resume();
  }

  allSettled(): void {
    this.unwatched.settled();
    if (this.collection.isOpen && this.route.upstream !== undefined)
      this.settleCollected(this.route.upstream);
    else {
      this.mute.settled();
      this.pump();
    }
    this.side.resume();
  }

  settleCollected(on: Upstream<Pending>): void {
    const { sent } = this.collection;
    this.forgetRoute();
    this.settle(sent, on, 'the server refused');
    // The same server again at once would only refuse again: give the cluster a moment to learn of it.
    const { head } = this.line;
    if (this.origin.lease() === on.lease && head !== undefined && head.type !== 'reply') {
      this.gates.cancel(head);
      this.gates.pause(head, retryPauseMs);
    }
    this.pump();
  }

  asksElsewhere(run: SentRun): boolean {
    if (this.isClosed || this.inFlight !== 1 || run.item !== undefined || this.mute.isOn) return false;
    // Of what it asked behind this nothing has been done yet: a read may just as well be done now.
    const command = commandsOf(this.context.commands, run, this.context.tick.now())[run.answered];
    if (command === undefined || command.traits.isWrite || this.collection.isOpen) return false;
    const { bytes, from, to, traits } = command;
    const own = { bytes: bytes.subarray(from, to), confirmed: 0, deadline: this.deadline(), gate: openGate };
    this.large = { type: 'command', traits, ...own };
    this.forgetRoute();
    this.line.putInFront([this.large]);
    queueMicrotask(this.again);
    return true;
  }

  lost(lost: Upstream<Pending>, loss: Loss<Pending>): void {
    if (this.isClosed) return;
    if (loss.isCut) {
      this.context.counters.cutReplies += 1;
      this.close();
      return;
    }
    const runs = loss.runs.filter((run) => run.item?.type !== 'restore');
    if (this.route.upstream !== lost && runs.length === 0) return;
    const { sent, state: left } = this.unanswered(runs);
    if (this.route.isOnPinned) {
      this.attachment.lost(left, this.state.session);
      this.unwatched.begin(this.unheardSince(lost, loss));
    }
    this.forgetRoute();
    this.settle(sent, lost, loss.reason);
    this.dropHalfSent();
    this.needServerAgain();
    this.pump();
    this.side.resume();
  }

  /** Of a server that hung nobody knows when it stopped: not before it was heard last, by this client or another. */
  unheardSince(lost: Upstream<Pending>, { isOurs }: Loss<Pending>): Ms {
    const now = this.context.tick.now();
    return isOurs ? Math.min(now, Math.max(lost.heardAt, this.origin.heardAt)) : now;
  }

  /** All that the client sent since the last command that it has the answer of; and its transaction after a loss. */
  unanswered(runs: readonly SentRun[]): {
    readonly sent: readonly Sent[];
    readonly state: TransactionState;
  } {
    if (!this.route.isOnPinned) {
      return {
        sent: [
          ...this.collection.sent,
          ...lostOnShared(this.context.commands, runs, this.context.tick.now()),
        ],
        state: this.attachment.told,
      };
    }
    const { sent, state: left } = lostOnPinned(
      this.context.commands,
      runs,
      this.attachment.told,
      this.context.tick.now(),
    );
    return { sent: [...this.collection.sent, ...sent], state: left };
  }

  forgetRoute(): void {
    this.inFlight = 0;
    this.inFlightBytes = 0;
    this.route.forget();
    this.collection.close();
    this.aim();
  }

  /** Of a large command that is only half sent no server runs anything. */
  dropHalfSent(): void {
    const { head } = this.line;
    if (head?.type !== 'large' || !head.hasBegun) return;
    this.context.counters.notExecuted += 1;
    this.line.replace(head, replyOf(notExecuted('the connection was lost before all of it was sent')));
  }

  /** A subscriber gets its messages again although it asks for nothing. */
  needServerAgain(): void {
    if (!isListening(this.state.session) || this.isRestoring) return;
    this.isRestoring = true;
    // Answers and commands that are in line go first: a connection for them restores the subscriptions too.
    this.line.push(restoreWork());
    queueMicrotask(this.again);
  }

  settle(sent: readonly Sent[], on: Upstream<Pending>, reason: string): void {
    const until = this.deadline();
    const {
      front,
      resent,
      unknown,
      notExecuted: dropped,
      pauseMs,
    } = recover(
      sent,
      {
        lost: { type: 'connectionLost', reason },
        classify: this.context.classify,
        nextStep: (outcome, traits) =>
          this.context.cluster.nextStep(this.origin.target, outcome, traits, until),
        continueAfterUnknown: this.context.continueAfterUnknown,
      },
      on.lease,
      reason,
      until,
    );
    this.context.counters.resent += resent;
    this.context.counters.notExecuted += dropped;
    if (unknown > 0) {
      this.context.counters.unknown += unknown;
      this.context.reports.unknown(on, unknown, reason);
      this.isUntold = true;
      if (!this.context.continueAfterUnknown) {
        this.line.putInFront(
          this.line.drain().flatMap((each) => this.asNotExecuted(each, behindUnknownReason)),
        );
      }
    }
    this.line.putInFront(front);
    const { head } = this.line;
    if (pauseMs > 0 && head !== undefined && head.type !== 'reply') this.gates.pause(head, pauseMs);
  }

  asNotExecuted(pending: Pending, reason: string): readonly Pending[] {
    if (pending.type === 'reply') return [pending];
    this.gates.cancel(pending);
    if (pending.type === 'restore') {
      this.isRestoring = false;
      return [];
    }
    this.context.counters.notExecuted += countOf(pending);
    return [replyOf(repeated(notExecuted(reason), countOf(pending)))];
  }

  tooLate(work: PendingWork): void {
    this.refused(work, 'there was no connection in time');
  }

  /** No server in time: its place in the line becomes the answer. */
  refused(work: PendingWork, reason: string): void {
    if (work.type === 'restore') {
      // Nobody asked, so nobody is told. It tries again for as long as the client is there.
      this.gates.pause(work, restorePauseMs);
      return;
    }
    this.context.counters.notExecuted += countOf(work);
    this.line.replace(work, replyOf(repeated(notExecuted(reason), countOf(work))));
    if (work.type === 'command' && work.traits.name === 'MULTI') this.refuseTransaction(reason);
    this.pump();
  }

  /** What the client sent behind a MULTI that no server took was meant as one: none of it may run by itself. */
  refuseTransaction(reason: string): void {
    let isInside = true;
    const line = this.line.drain().flatMap((each) => {
      if (!isInside || each.type === 'reply') return [each];
      if (each.type === 'command' && endsTransaction.has(each.traits.name)) isInside = false;
      return this.asNotExecuted(each, reason);
    });
    this.line.putInFront(line);
  }

  // ---- bytes to and from the client

  write(bytes: Uint8Array): void {
    if (!this.mute.isOn) this.push(bytes);
  }

  push(bytes: Uint8Array): void {
    if (this.isClosed || this.client.write(bytes)) return;
    this.side.blocked();
    this.aim();
  }

  pauseReading(): void {
    this.side.pause();
    this.aim();
  }

  hasRoom(): boolean {
    const { last } = this.line;
    const { maxPendingBytes, maxPendingCommands } = this.context.limits;
    // A large command is passed on as fast as the server takes it.
    if (last?.type === 'large' && last.bytes > 0)
      return last.bytes <= maxPendingBytes && this.route.upstream?.isCongested !== true;
    return (
      this.inFlight <= maxPendingCommands / 2 && this.line.bytes + this.inFlightBytes <= maxPendingBytes / 2
    );
  }

  onUpstreamDrain(): void {
    this.pump();
    this.side.resume();
  }

  drain(): void {
    this.isEnding = true;
    this.pump();
  }

  leave(): void {
    if (this.isClosed) return;
    this.isEnding = true;
    if (this.blockedOn !== undefined) {
      this.abandon();
      this.client.end();
      return;
    }
    this.line.putInFront(this.line.drain().flatMap((pending) => this.asNotExecuted(pending, closedByClient)));
    this.pump();
  }

  abandon(): void {
    if (this.isClosed) return;
    const on = this.route.upstream;
    const runs = (on?.runsOf(this.answers) ?? []).filter((run) => run.item?.type !== 'restore');
    const { replies, unknown } = farewell(this.unanswered(runs).sent, on?.lease, closedByClient);
    for (const reply of replies) this.write(reply);
    this.context.counters.unknown += unknown;
    if (on !== undefined && unknown > 0) {
      this.context.cluster.reportUnknown(this.origin.target, on.lease.server, unknown, 'its client closed');
    }
    for (const pending of this.line.drain().flatMap((each) => this.asNotExecuted(each, closedByClient))) {
      if (pending.type === 'reply') this.write(pending.bytes);
    }
    this.onClose();
  }

  kill(): void {
    this.abandon();
    this.close();
  }

  dropLine(): void {
    for (const each of this.line.drain()) if (each.type !== 'reply') this.gates.cancel(each);
  }

  close(): void {
    this.client.destroy();
    this.onClose();
  }

  onClose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.side.closed();
    this.route.upstream?.leftBy(this.answers);
    // Held commands go with the client that asked for them: it may ask again elsewhere.
    this.dropLine();
    this.route.closePinned('its client is gone');
    this.options.onClosed();
  }

  // ---- what others see of it

  facts(): ClientFacts {
    const { id, address, reachedAt } = this.options;
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
    const runs = upstream?.runsOf(this.answers) ?? [];
    return runs.some((run) => commandOf(run)?.traits.isBlocking === true) ? upstream : undefined;
  }

  // ---- what its parts ask of it

  get upstream(): Upstream<Pending> | undefined {
    return this.route.upstream;
  }

  get isBusy(): boolean {
    return this.inFlight > 0;
  }

  get isFixed(): boolean {
    return this.attachment.isFixed;
  }

  hold(work: PendingWork): void {
    this.gates.hold(work);
  }

  queue(request: HoldRequest): Promise<Lease> {
    return this.origin.hold(request);
  }

  after(ms: Ms, callback: () => void): () => void {
    return this.context.runtime.after(ms, callback);
  }

  passed(): void {
    this.pump();
  }

  openPinned(): Pool<Pending> {
    return this.options.openPinned(
      this.answers,
      () => this.state.session,
      () => {
        this.onUpstreamDrain();
      },
    );
  }

  rejected(head: PendingWork, error: string): void {
    this.line.replace(head, replyOf(repeated(Buffer.from(`-${error}\r\n`), countOf(head))));
  }

  idle(): void {
    this.dropPinned('it was not used for a while');
    // What was half sent has an answer now.
    this.pump();
  }

  resubscribe(): void {
    // Not while its answer is read: the connection goes.
    queueMicrotask(() => {
      if (this.isClosed) return;
      this.dropPinned('its server ended a subscription');
    });
  }

  lostSubscription(): void {
    queueMicrotask(() => {
      this.close();
    });
  }

  restored(on: Upstream<Pending>): void {
    this.unwatched.restored(this.context.cluster, this.origin.target, on.lease.server);
  }

  holdBack(): Upstream<Pending> | undefined {
    // Of messages the server would keep no more than we do, and then close us in place of the client.
    if (isListening(this.state.session)) return undefined;
    const on = this.route.upstream;
    return on?.holdBack(this.answers) === true ? on : undefined;
  }

  tooSlow(): void {
    this.context.counters.closedSlow += 1;
    this.close();
  }

  quit(last: Uint8Array): void {
    this.dropLine();
    this.write(last);
    this.isEnding = true;
  }
}

/** Of a connection that state keeps the client on, whatever becomes of the lease. */
const anyGeneration = -2;
/** ms before a server that refused is asked again while it holds the lease. */
const retryPauseMs = 50;
/** ms before a subscriber without a server asks for one again. */
const restorePauseMs = 250;
/** Of these we keep what they said: passed on unread, they would be forgotten in a failover. */
const readWhole: ReadonlySet<CommandTraits['route']> = new Set([
  'subscription',
  'tracking',
  'monitor',
  'session',
  'refused',
] as const);
const endsTransaction: ReadonlySet<string> = new Set(['EXEC', 'DISCARD']);
const sendsScripts: ReadonlySet<string> = new Set(['EVAL', 'EVAL_RO', 'SCRIPT LOAD', 'SCRIPT FLUSH']);
/** The words that ioredis itself has for it, on which others rely. */
const closedByClient = 'Connection is closed.';
