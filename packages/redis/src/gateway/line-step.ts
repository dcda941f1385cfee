import type { Attachment } from './attachment.ts';
import type { Flight } from './flight.ts';
import type { Gates } from './gates.ts';
import type { Line } from './line.ts';
import type { Pending, PendingReply, PendingRun, PendingSession, PendingWork } from './pending.ts';
import { countOf, replyOf } from './pending.ts';
import { transactionLost } from './refuse.ts';
import { repeated } from './repeated.ts';
import type { Route } from './route.ts';
import type { Settlement } from './settlement.ts';
import type { SentCommand } from './split-run.ts';
import { splitRun } from './split-run.ts';
import { ok } from './status.ts';
import { mayAsk, noAuth } from './stranger.ts';
import type { Upstream } from './upstream.ts';

/** A client of which the head of the line may have its turn. */
export interface LineStepOptions {
  readonly line: Line;
  readonly flight: Flight;
  readonly gates: Pick<Gates, 'cancel'>;
  readonly attachment: Attachment;
  readonly route: Pick<Route, 'shared' | 'pinned'>;
  readonly settlement: Pick<Settlement, 'isUntold'>;
  /** It has to log in first. */
  readonly isStranger: boolean;
  /** It says something about its connection itself. True if that was dealt with. */
  stepSession(head: PendingSession): boolean;
  /** True if all of it was sent, or it was answered. */
  sendWork(to: Upstream<Pending>, head: Sendable): boolean;
}

/** What is sent to a server, or is there for a connection alone. */
export type Sendable = Exclude<PendingWork, PendingSession>;

/** Whose turn it is. True if the head of the line was dealt with; else it waits. */
export function stepLine(head: Pending, client: LineStepOptions): boolean {
  const { attachment, flight, route } = client;
  if (flight.mute.isForOne) {
    if (flight.isBusy) return false;
    if (head.type === 'run' && head.count > 1) return splitHead(head, client);
  }
  if (head.type === 'reply') return !flight.isBusy && writeReply(head, client);
  if (client.isStranger && !mayAsk(head)) return turnAway(head, client);
  if (head.gate.type === 'waiting' || flight.collection.isOpen) return false;
  if (head.type === 'session') return !flight.isBusy && client.stepSession(head);
  if (attachment.isBroken && head.type !== 'restore') return abort(head, client);
  const isShared = !attachment.isFixed && mayShare(head, flight.context.limits.maxSharedBytes);
  const way = isShared ? route.shared(head) : route.pinned(head);
  if (way === 'waits') return false;
  return way === 'settled' || client.sendWork(way, head);
}

function mayShare(work: Sendable, maxSharedBytes: number): boolean {
  if (work.type !== 'command') return work.type === 'run';
  const { route } = work.traits;
  // Of what is shared only a command behind ASKING comes alone.
  const isShareable = route === 'cursor' || route === 'shared';
  return isShareable && work.isAlone !== true && work.bytes.length <= maxSharedBytes;
}

function splitHead({ bytes, from, to, deadline, gate }: PendingRun, { line, flight }: LineStepOptions): true {
  const single = (command: SentCommand): Pending => {
    return { type: 'run', bytes, from: command.from, to: command.to, count: 1, deadline, gate };
  };
  line.shift();
  line.putInFront(splitRun(flight.context.commands, bytes, from, to).map(single));
  return true;
}

function writeReply({ bytes, tells }: PendingReply, client: LineStepOptions): true {
  const { flight, line, settlement } = client;
  line.shift();
  flight.mute.begin();
  flight.write(tells === 'forKnown' && client.isStranger ? noAuth : bytes);
  flight.mute.settled();
  if (tells === 'unknown') settlement.isUntold = false;
  return true;
}

/** No server, and no part of us that answers for one, hears of it. */
function turnAway(head: PendingWork, { gates, line }: LineStepOptions): true {
  gates.cancel(head);
  if (head.type === 'restore') line.shift();
  else line.replace(head, replyOf(repeated(noAuth, countOf(head))));
  return true;
}

/** The transaction is lost: what belongs to it learns that, up to EXEC or DISCARD. */
function abort(head: Sendable, { attachment, flight, line }: LineStepOptions): true {
  const name = head.type === 'command' ? head.traits.name : '';
  if (name === 'EXEC' || name === 'DISCARD') attachment.endTransaction();
  flight.context.counters.notExecuted += countOf(head);
  line.replace(head, replyOf(name === 'DISCARD' ? ok : repeated(transactionLost, countOf(head))));
  return true;
}
