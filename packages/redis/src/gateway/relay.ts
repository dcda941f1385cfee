import { writeBit } from '../protocol/commands/index.ts';
import type { Session } from '../session/session.ts';
import { newSession } from '../session/session.ts';
import { subscriptionCount } from '../session/subscriptions.ts';
import type { TransactionState } from '../session/transaction.ts';
import { Answers } from './answers.ts';
import { Attachment } from './attachment.ts';
import type { Sent } from './burst.ts';
import { ClientSide } from './client-side.ts';
import type { ClientState } from './client-state.ts';
import type { ClientStream, EndpointId } from '@failover/core';
import { Collection } from './collection.ts';
import type { GatewayContext } from './context.ts';
import { Gates } from './gates.ts';
import { Entrance } from './entrance.ts';
import { farewell } from './farewell.ts';
import type { Identity } from './identity.ts';
import { Intake } from './intake.ts';
import { Line } from './line.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingCommand, PendingLarge, PendingRun, PendingWork } from './pending.ts';
import { countOf, openGate, replyOf } from './pending.ts';
import type { Pool } from './pool.ts';
import { behindUnknown, behindUnknownReason, recover } from './recovery.ts';
import type { SentCommand } from './split-run.ts';
import { splitRun } from './split-run.ts';
import { Mute } from './mute.ts';
import { notExecuted, scanInterrupted, transactionLost } from './refuse.ts';
import { markOf, unmarked } from './scan-cursor.ts';
import { repeated } from './repeated.ts';
import { Route } from './route.ts';
import type { SentRun } from './sent-commands.ts';
import { commandOf, lostOnPinned, lostOnShared } from './sent-commands.ts';
import { Unwatched } from './unwatched.ts';
import { createSessionStep } from './session-step.ts';
import type { Loss, Owner, Upstream } from './upstream.ts';
import { WaitCover } from './wait-cover.ts';

export interface Relay {
  /** Ends the client once everything that it asked is answered. */
  drain(): void;
  /**
   * The client goes: what waits for a server, or waits at one, is answered now, and the client ends once the rest
   * of what is in flight was answered.
   */
  leave(): void;
  /** Answers everything that is unanswered, now, without asking anybody. */
  abandon(): void;
  close(): void;
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
  onClosed(): void;
}

/**
 * One client. Its commands in flight are on one route at a time, so that the replies come in the order of the
 * commands; to change the route it waits until nothing is in flight.
 */
export function createRelay(options: RelayOptions): Relay {
  const { client, context, origin, shared } = options;
  const { cluster, limits, counters, tick } = context;
  const line = new Line();
  const gates = new Gates({
    hold: (request) => origin.hold(request),
    after: (ms, callback) => context.runtime.after(ms, callback),
    passed: pump,
    refused: giveUp,
  });

  // All that a command and its reply touch on the good path. With many clients the caches are cold each time one
  // of them has its turn, so that this stands together and is asked in as few places as can be.
  /** Where a run may go at once; else it takes its turn in the line. */
  let direct: Upstream<Pending> | undefined;
  /** The origin's generation when `direct` was chosen, or `anyGeneration`. */
  let directSince = -1;
  let inFlight = 0;
  let inFlightBytes = 0;
  let isMidCommand = false;
  let isClosed = false;
  /** Somebody waits until nothing is in flight. */
  let isAwaited = false;

  const state: ClientState = { identity: options.identity, session: newSession };
  const attachment = new Attachment();
  const collection = new Collection();
  const cover = new WaitCover();
  const mute = new Mute();
  const unwatched = new Unwatched(state, push);

  /** Something is unknown and the client does not know it yet: what it sends was sent without that knowledge. */
  let isUntold = false;
  let isEnding = false;
  let isPumping = false;
  let isRestoring = false;

  const side = new ClientSide({
    client,
    maxUnreadBytes: limits.maxUnreadBytes,
    hasRoom,
    tooSlow() {
      counters.closedSlow += 1;
      close();
    },
  });

  const route = new Route({
    context,
    origin,
    state,
    sharedPool: shared,
    openPinned: () => options.openPinned(answers, () => state.session, onUpstreamDrain),
    isBusy: () => inFlight > 0,
    isFixed: () => attachment.isFixed,
    hold(head) {
      gates.hold(head);
    },
    tooLate: noConnection,
    rejected(head, error) {
      line.replace(head, replyOf(repeated(Buffer.from(`-${error}\r\n`), countOf(head))));
    },
    again: pump,
    idle() {
      dropPinned('it was not used for a while');
    },
  });

  const answers: Owner<Pending> = new Answers({
    context,
    role: origin.role,
    state,
    attachment,
    collection,
    cover,
    upstream: () => route.upstream,
    write,
    push,
    settled,
    changed: aim,
    restored(on) {
      unwatched.restored(cluster, origin.target, on.lease.server);
    },
    lost: onLost,
  });

  // ---- what the client asks

  const entrance = new Entrance({
    commands: context.commands,
    role: origin.role,
    deadline,
    sent(bytes, from, to, count) {
      if (direct === undefined || !canGo(direct)) return false;
      send(direct, bytes, from, to, count);
      return true;
    },
    accept,
    reply,
    arriving: () => (line.last?.type === 'large' && !line.last.isWhole ? line.last : undefined),
    grew(large) {
      pump();
      if (large.bytes > limits.maxPendingBytes || route.upstream?.isCongested === true) pauseReading();
    },
    violated(answer) {
      counters.protocolErrors += 1;
      reply(answer);
      end();
    },
  });
  const intake = new Intake(entrance, context);

  function canGo(to: Upstream<Pending>): boolean {
    return (
      (directSince === origin.generation || directSince === anyGeneration) &&
      to.isOpen &&
      (!to.isBusy || inFlight > 0)
    );
  }

  function send(to: Upstream<Pending>, bytes: Uint8Array, from: number, end: number, count: number): void {
    inFlight += count;
    inFlightBytes += end - from;
    to.send(answers, undefined, bytes, from, end, count);
  }

  /** Most chunks are whole commands that go where the last ones went. Returns how much of it was that. */
  function sendAtOnce(to: Upstream<Pending>, chunk: Buffer): number {
    const { scanner } = context;
    if (scanner.scan(chunk, 0, chunk.length) !== 'run') {
      scanner.forget();
      return 0;
    }
    const { end, count, bits } = scanner;
    if (count > 0) {
      if (!canGo(to) || ((bits & writeBit) !== 0 && origin.role !== 'primary')) return 0;
      send(to, chunk, 0, end, count);
    }
    return end;
  }

  /** Called when anything changed that decides where the next run goes. */
  function aim(): void {
    const isFree =
      line.size === 0 &&
      !collection.isOpen &&
      !attachment.isBroken &&
      !isUntold &&
      !isEnding &&
      !mute.isForOne;
    direct = isFree && (!route.isOnPinned || attachment.isFixed) ? route.upstream : undefined;
    directSince = attachment.isFixed ? anyGeneration : route.generation;
    isAwaited =
      line.size > 0 ||
      collection.isOpen ||
      isEnding ||
      side.isPaused ||
      mute.isForOne ||
      unwatched.owesForgetting;
  }

  function accept(work: PendingWork): void {
    if (isUntold && !context.continueAfterUnknown) {
      counters.notExecuted += countOf(work);
      reply(repeated(behindUnknown, countOf(work)));
      return;
    }
    if (line.bytes > limits.maxLineBytes) {
      counters.notExecuted += countOf(work);
      reply(repeated(notExecuted('too much is waiting'), countOf(work)));
      return;
    }
    line.push(work);
    // Behind others that wait it waits too, and is counted with them.
    if (gates.waiting > 0) gates.hold(work);
    pump();
  }

  function reply(bytes: Uint8Array): void {
    line.push(replyOf(bytes));
    pump();
  }

  function deadline(): number {
    return tick.now() + context.holdMs;
  }

  // ---- whose turn it is

  function pump(): void {
    if (isPumping || isClosed) return;
    isPumping = true;
    // An answer that is written here may make a client in this process ask again before we return.
    direct = undefined;
    for (let head = line.head; head !== undefined && !isClosed; head = line.head) if (!step(head)) break;
    isPumping = false;
    aim();
    if (isEnding && !isClosed && inFlight === 0 && line.size === 0) client.end();
  }

  /** True if the head of the line was dealt with. */
  function step(head: Pending): boolean {
    if (mute.isForOne) {
      if (inFlight > 0) return false;
      if (head.type === 'run' && head.count > 1) return splitHead(head);
    }
    if (head.type === 'reply') {
      if (inFlight > 0) return false;
      line.shift();
      mute.begin();
      write(head.bytes);
      mute.settled();
      if (head.tellsUnknown) isUntold = false;
      return true;
    }
    if (head.gate.type === 'waiting' || collection.isOpen) return false;
    if (head.type === 'session') return inFlight === 0 && stepSession(head);
    if (attachment.isBroken && head.type !== 'restore') return stepBroken(head);
    const way = mayShare(head) && !attachment.isFixed ? route.shared(head) : route.pinned(head);
    if (way === 'waits') return false;
    if (way === 'settled') return true;
    switch (head.type) {
      case 'run':
        line.shift();
        mute.begin();
        send(way, head.bytes, head.from, head.to, head.count);
        return true;
      case 'command':
        return sendCommand(way, head);
      case 'restore':
        line.shift();
        isRestoring = false;
        return true;
      case 'large':
        return sendLarge(way, head);
    }
  }

  function splitHead(head: PendingRun): boolean {
    line.shift();
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
    line.putInFront(splitRun(context.commands, head.bytes, head.from, head.to).map(single));
    return true;
  }

  function mayShare(work: PendingWork): boolean {
    if (work.type !== 'command') return work.type === 'run';
    return work.traits.route === 'cursor' && work.bytes.length <= limits.maxSharedBytes;
  }

  function sendCommand(to: Upstream<Pending>, asked: PendingCommand): boolean {
    const { name, route: kind } = asked.traits;
    const asKnownThere = kind === 'cursor' ? unmarked(asked.bytes, markOf(to.lease)) : undefined;
    if (kind === 'cursor' && asKnownThere === undefined) {
      line.replace(asked, replyOf(scanInterrupted));
      return true;
    }
    line.shift();
    mute.begin();
    const before = attachment.isInTransaction ? undefined : cover.before(name, to);
    if (before !== undefined) {
      const item: Pending = { type: 'restore', deadline: Infinity, gate: openGate };
      to.send(answers, item, before, 0, before.length, 1);
    }
    const { command, count } = attachment.send(asked, state.identity.resp);
    const bytes = asKnownThere ?? command.bytes;
    if (sendsScripts.has(name)) context.scripts.sent(command.bytes, to.lease, tick.now());
    inFlight += count;
    inFlightBytes += bytes.length;
    to.send(answers, command, bytes, 0, bytes.length, count);
    return true;
  }

  function sendLarge(to: Upstream<Pending>, large: PendingLarge): boolean {
    if (!large.hasBegun && inFlight > 0) return false;
    large.hasBegun = true;
    const parts = large.parts;
    large.parts = [];
    large.bytes = 0;
    const last = large.isWhole ? parts.pop() : undefined;
    for (const part of parts) to.sendPart(part);
    route.used();
    if (last === undefined) {
      if (to.isCongested) pauseReading();
      else side.resume();
      return false;
    }
    line.shift();
    mute.begin();
    inFlight += 1;
    inFlightBytes += last.length;
    to.send(answers, large, last, 0, last.length, 1);
    return true;
  }

  /** The transaction is lost: what belongs to it learns that, up to EXEC or DISCARD. */
  function stepBroken(head: Exclude<PendingWork, { type: 'restore' | 'session' }>): boolean {
    const name = head.type === 'command' ? head.traits.name : '';
    if (name === 'EXEC' || name === 'DISCARD') attachment.endTransaction();
    counters.notExecuted += countOf(head);
    line.replace(head, replyOf(name === 'DISCARD' ? ok : repeated(transactionLost, countOf(head))));
    return true;
  }

  // ---- commands about the connection itself

  const stepSession = createSessionStep({
    context,
    origin: { ...options, initial: options.identity, openedAt: tick.now(), role: origin.role },
    state,
    attachment,
    mute,
    line,
    route,
    gates,
    shared,
    become: changeIdentity,
    breakTransaction,
    tooLate: noConnection,
    end(last) {
      dropLine();
      write(last);
      isEnding = true;
    },
  });

  function changeIdentity(to: Identity): void {
    state.identity = to;
    // The shared connection is another one too: it is of the old user, database and version.
    route.forget();
    dropPinned('its client is somebody else now');
  }

  function breakTransaction(): void {
    dropPinned('its transaction cannot be completed');
    attachment.break();
    aim();
  }

  function dropPinned(reason: string): void {
    attachment.dropped(state.session.subscriptions);
    unwatched.begin(tick.now());
    if (route.isOnPinned) forgetRoute();
    dropHalfSent();
    aim();
    route.closePinned(reason);
    needServerAgain();
  }

  // ---- what the server answers

  function settled(count: number, run: SentRun): void {
    inFlight -= count;
    origin.answered += count;
    if (run.answered >= run.count) inFlightBytes -= run.to - run.from;
    if (inFlight === 0 && isAwaited) allSettled();
  }

  function allSettled(): void {
    unwatched.settled();
    if (collection.isOpen && route.upstream !== undefined) settleCollected(route.upstream);
    else {
      mute.settled();
      pump();
    }
    side.resume();
  }

  function settleCollected(on: Upstream<Pending>): void {
    const { sent } = collection;
    forgetRoute();
    settle(sent, on, 'the server refused');
    // The same server again at once would only refuse again: give the cluster a moment to learn of it.
    const { head } = line;
    if (origin.lease() === on.lease && head !== undefined && head.type !== 'reply') {
      gates.cancel(head);
      gates.pause(head, retryPauseMs);
    }
    pump();
  }

  function onLost(lost: Upstream<Pending>, loss: Loss<Pending>): void {
    if (loss.isCut) {
      counters.cutReplies += 1;
      close();
    }
    if (isClosed) return;
    const runs = loss.runs.filter((run) => run.item?.type !== 'restore');
    if (route.upstream !== lost && runs.length === 0) return;
    const { sent, state: left } = unanswered(runs);
    if (route.isOnPinned) {
      attachment.lost(left, state.session.subscriptions);
      unwatched.begin(tick.now());
    }
    forgetRoute();
    settle(sent, lost, loss.reason);
    dropHalfSent();
    needServerAgain();
    pump();
    side.resume();
  }

  /** All that the client sent since the last command that it has the answer of; and its transaction after a loss. */
  function unanswered(runs: readonly SentRun[]): {
    readonly sent: readonly Sent[];
    readonly state: TransactionState;
  } {
    if (!route.isOnPinned) {
      return {
        sent: [...collection.sent, ...lostOnShared(context.commands, runs, tick.now())],
        state: attachment.told,
      };
    }
    const { sent, state: left } = lostOnPinned(context.commands, runs, attachment.told, tick.now());
    return { sent: [...collection.sent, ...sent], state: left };
  }

  function forgetRoute(): void {
    inFlight = 0;
    inFlightBytes = 0;
    route.forget();
    collection.close();
    aim();
  }

  /** Of a large command that is only half sent no server runs anything. */
  function dropHalfSent(): void {
    const { head } = line;
    if (head?.type !== 'large' || !head.hasBegun) return;
    counters.notExecuted += 1;
    line.replace(head, replyOf(notExecuted('the connection was lost before all of it was sent')));
  }

  /** A subscriber gets its messages again although it asks for nothing. */
  function needServerAgain(): void {
    const { subscriptions, isMonitoring } = state.session;
    if ((subscriptionCount(subscriptions) === 0 && !isMonitoring) || isRestoring) return;
    isRestoring = true;
    // Answers and commands that are in line go first: a connection for them restores the subscriptions too.
    line.push({ type: 'restore', deadline: Infinity, gate: openGate });
    queueMicrotask(pump);
  }

  function settle(sent: readonly Sent[], on: Upstream<Pending>, reason: string): void {
    const until = deadline();
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
        classify: context.classify,
        nextStep: (outcome, traits) => cluster.nextStep(origin.target, outcome, traits, until),
        continueAfterUnknown: context.continueAfterUnknown,
      },
      on.lease,
      reason,
      until,
    );
    counters.resent += resent;
    counters.notExecuted += dropped;
    if (unknown > 0) {
      counters.unknown += unknown;
      context.reports.unknown(on, unknown, reason);
      isUntold = true;
      if (!context.continueAfterUnknown) {
        line.putInFront(line.drain().flatMap((each) => asNotExecuted(each, behindUnknownReason)));
      }
    }
    line.putInFront(front);
    const { head } = line;
    if (pauseMs > 0 && head !== undefined && head.type !== 'reply') gates.pause(head, pauseMs);
  }

  function asNotExecuted(pending: Pending, reason: string): readonly Pending[] {
    if (pending.type === 'reply') return [pending];
    gates.cancel(pending);
    if (pending.type === 'restore') {
      isRestoring = false;
      return [];
    }
    counters.notExecuted += countOf(pending);
    return [replyOf(repeated(notExecuted(reason), countOf(pending)))];
  }

  function noConnection(work: PendingWork): void {
    giveUp(work, 'there was no connection in time');
  }

  /** No server in time: its place in the line becomes the answer. */
  function giveUp(work: PendingWork, reason: string): void {
    if (work.type === 'restore') {
      // Nobody asked, so nobody is told. It tries again for as long as the client is there.
      gates.pause(work, restorePauseMs);
      return;
    }
    counters.notExecuted += countOf(work);
    line.replace(work, replyOf(repeated(notExecuted(reason), countOf(work))));
    pump();
  }

  // ---- bytes to and from the client

  function write(bytes: Uint8Array): void {
    if (!mute.isOn) push(bytes);
  }

  function push(bytes: Uint8Array): void {
    if (isClosed || client.write(bytes)) return;
    side.blocked();
    aim();
  }

  function pauseReading(): void {
    side.pause();
    aim();
  }

  function hasRoom(): boolean {
    const { last } = line;
    // A large command is passed on as fast as the server takes it.
    if (last?.type === 'large' && last.bytes > 0) return route.upstream?.isCongested !== true;
    return line.bytes + inFlightBytes <= limits.maxPendingBytes / 2;
  }

  function onUpstreamDrain(): void {
    pump();
    side.resume();
  }

  function end(): void {
    isEnding = true;
    pump();
  }

  function leave(): void {
    if (isClosed) return;
    isEnding = true;
    const runs = route.upstream?.runsOf(answers) ?? [];
    if (runs.some((run) => commandOf(run)?.traits.isBlocking === true)) {
      abandon();
      client.end();
      return;
    }
    line.putInFront(line.drain().flatMap((pending) => asNotExecuted(pending, closedByClient)));
    pump();
  }

  function abandon(): void {
    if (isClosed) return;
    const on = route.upstream;
    const runs = (on?.runsOf(answers) ?? []).filter((run) => run.item?.type !== 'restore');
    const { replies, unknown } = farewell(unanswered(runs).sent, on?.lease, closedByClient);
    for (const reply of replies) write(reply);
    counters.unknown += unknown;
    if (on !== undefined && unknown > 0) {
      cluster.reportUnknown(origin.target, on.lease.server, unknown, 'its client closed');
    }
    for (const pending of line.drain().flatMap((each) => asNotExecuted(each, closedByClient))) {
      if (pending.type === 'reply') write(pending.bytes);
    }
    onClose();
  }

  function dropLine(): void {
    for (const each of line.drain()) if (each.type !== 'reply') gates.cancel(each);
  }

  function close(): void {
    client.destroy();
    onClose();
  }

  function onClose(): void {
    if (isClosed) return;
    isClosed = true;
    // Held commands go with the client that asked for them: it may ask again elsewhere.
    dropLine();
    route.closePinned('its client is gone');
    options.onClosed();
  }

  client.on('data', (chunk: Buffer) => {
    let from = 0;
    if (direct !== undefined && !isMidCommand) from = sendAtOnce(direct, chunk);
    if (from < chunk.length && !isEnding) {
      intake.feed(from === 0 ? chunk : chunk.subarray(from));
      isMidCommand = intake.isInside;
    }
    if (inFlightBytes + (isAwaited ? line.bytes : 0) > limits.maxPendingBytes) pauseReading();
  });
  client.on('end', () => {
    dropLine();
    end();
  });
  client.on('close', onClose);

  return { drain: end, leave, abandon, close };
}

/** Of a connection that state keeps the client on, whatever becomes of the lease. */
const anyGeneration = -2;
/** ms before a server that refused is asked again while it holds the lease. */
const retryPauseMs = 50;
/** ms before a subscriber without a server asks for one again. */
const restorePauseMs = 250;
const sendsScripts: ReadonlySet<string> = new Set(['EVAL', 'EVAL_RO', 'SCRIPT LOAD', 'SCRIPT FLUSH']);
const ok = Buffer.from('+OK\r\n');
/** The words that ioredis itself has for it, on which others rely. */
const closedByClient = 'Connection is closed.';
