import type { Ms } from '@failover/core';
import type { TransactionState } from '../session/transaction.ts';
import { isListening } from '../session/session.ts';
import type { Attachment } from './attachment.ts';
import type { Sent } from './burst.ts';
import type { ClientState } from './client-state.ts';
import type { Flight } from './flight.ts';
import type { Line } from './line.ts';
import type { Pending } from './pending.ts';
import { openGate, restoreWork } from './pending.ts';
import type { Route } from './route.ts';
import type { SentRun } from './sent-commands.ts';
import { commandsOf, lostOnPinned, lostOnShared } from './sent-commands.ts';
import type { Settlement } from './settlement.ts';
import type { Unwatched } from './unwatched.ts';
import type { Loss, Upstream } from './upstream.ts';

export interface DetachmentOptions {
  readonly flight: Flight;
  readonly route: Route;
  readonly line: Line;
  readonly state: Readonly<ClientState>;
  readonly attachment: Attachment;
  readonly unwatched: Unwatched;
  readonly settlement: Settlement;
  /** When what goes again must be answered. */
  deadline(): Ms;
  /** What decides where the next run goes has changed. */
  aim(): void;
  /** The head of the line may have its turn. */
  readonly again: () => void;
}

/** All that the client asked; what its connection began with, it did not. */
export const askedIn = (runs: readonly SentRun[]): readonly SentRun[] =>
  runs.filter((run) => run.item?.type !== 'restore');

/** How a client comes off a connection: that one is lost, or refuses, or is given up. */
export class Detachment {
  readonly #options: DetachmentOptions;

  constructor(options: DetachmentOptions) {
    this.#options = options;
  }

  /** True if it is about this client. */
  lost(lost: Upstream<Pending>, loss: Loss<Pending>): boolean {
    const { attachment, route, settlement, state, unwatched } = this.#options;
    const runs = askedIn(loss.runs);
    if (route.upstream !== lost && runs.length === 0) return false;
    const left = this.unanswered(runs);
    if (route.isOnPinned) {
      attachment.lost(left.state, state.session);
      unwatched.begin(this.#unheardSince(lost, loss));
    }
    this.#leave();
    settlement.settle(left.sent, lost, loss.reason);
    settlement.giveUpHalfSent();
    this.#needServerAgain();
    return true;
  }

  /** All behind the first command that `on` refused is answered. */
  refused(on: Upstream<Pending>): void {
    const { attachment, flight, route, settlement } = this.#options;
    const { sent } = flight.collection;
    // What goes again may go to another server, which watches nothing.
    if (route.isOnPinned) attachment.left();
    this.#leave();
    // The same server again at once would only refuse again: give the cluster a moment to learn of it.
    const pauseMs = flight.origin.lease() === on.lease ? retryPauseMs : undefined;
    settlement.settle(sent, on, 'the server refused', pauseMs);
  }

  /** Gives up the connection that is the client's own. */
  drop(reason: string): void {
    const { attachment, flight, route, settlement, state, unwatched } = this.#options;
    attachment.dropped(state.session);
    unwatched.begin(flight.context.tick.now());
    if (route.isOnPinned) this.#leave();
    settlement.giveUpHalfSent();
    this.#options.aim();
    route.closePinned(reason);
    this.#needServerAgain();
  }

  /** The reply to the one command in flight is too large for a connection that others share. False: it comes there. */
  asksElsewhere(run: SentRun): boolean {
    const { flight, line } = this.#options;
    const { collection, context, isClosed, mute } = flight;
    if (isClosed || flight.count !== 1 || run.item !== undefined || mute.isOn) return false;
    // Of what it asked behind this nothing has been done yet: a read may just as well be done now.
    const command = commandsOf(context.commands, run, context.tick.now())[run.answered];
    if (command === undefined || command.traits.isWrite || collection.isOpen) return false;
    const { bytes, from, to, traits } = command;
    this.#leave();
    line.putInFront([
      {
        type: 'command',
        bytes: bytes.subarray(from, to),
        traits,
        confirmed: 0,
        isAlone: true,
        deadline: this.#options.deadline(),
        gate: openGate,
      },
    ]);
    this.#options.aim();
    queueMicrotask(this.#options.again);
    return true;
  }

  /** All that the client sent since the last command that it has the answer of; and its transaction after a loss. */
  unanswered(runs: readonly SentRun[]): { readonly sent: readonly Sent[]; readonly state: TransactionState } {
    const { attachment, flight, route } = this.#options;
    const { commands, tick } = flight.context;
    const { told } = attachment;
    const { sent, state } = route.isOnPinned
      ? lostOnPinned(commands, runs, told, tick.now())
      : { sent: lostOnShared(commands, runs, tick.now()), state: told };
    return { sent: [...flight.collection.sent, ...sent], state };
  }

  /** Of a server that hung nobody knows when it stopped: not before it was heard last, by this client or another. */
  #unheardSince({ heardAt }: Upstream<Pending>, { isOurs }: Loss<Pending>): Ms {
    const { context, origin } = this.#options.flight;
    const now = context.tick.now();
    return isOurs ? Math.min(now, Math.max(heardAt, origin.heardAt)) : now;
  }

  #leave(): void {
    this.#options.flight.forget();
    this.#options.route.forget();
  }

  /** A subscriber gets its messages again although it asks for nothing. */
  #needServerAgain(): void {
    const { line, state } = this.#options;
    if (!isListening(state.session) || line.isRestoring) return;
    // Answers and commands that are in line go first: a connection for them restores the subscriptions too.
    line.push(restoreWork());
    queueMicrotask(this.#options.again);
  }
}

/** ms before a server that refused is asked again while it holds the lease. */
const retryPauseMs = 50;
