import type { Ms } from '@failover/core';
import type { Sent } from './burst.ts';
import type { GatewayContext } from './context.ts';
import type { Gates } from './gates.ts';
import type { GivenUp } from './given-up.ts';
import { giveUpAll, giveUpBehind, giveUpHalfSent, isMulti } from './given-up.ts';
import type { Line } from './line.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingWork } from './pending.ts';
import { countOf, replyOf } from './pending.ts';
import { recover } from './recovery.ts';
import { notExecuted } from './refuse.ts';
import { repeated } from './repeated.ts';
import type { Upstream } from './upstream.ts';

export interface SettlementOptions {
  readonly context: GatewayContext;
  readonly origin: Pick<Origin, 'target'>;
  readonly line: Line;
  readonly gates: Pick<Gates, 'cancel' | 'pause'>;
  /** When what goes again must be answered. */
  deadline(): Ms;
  /** The head of the line may have its turn. */
  pump(): void;
}

/** What becomes of commands that no server answers: they go back into the line, or what is true of them does. */
export class Settlement {
  /** Something is unknown and the client does not know it yet: what it sends was sent without that knowledge. */
  isUntold = false;
  readonly #options: SettlementOptions;

  constructor(options: SettlementOptions) {
    this.#options = options;
  }

  /** `sent` was refused or lost; `pauseMs` before what goes again may go, in place of what the rules say. */
  settle(sent: readonly Sent[], on: Upstream<Pending>, reason: string, pauseMs?: Ms): void {
    const { context, line, origin } = this.#options;
    const { classify, cluster, continueAfterUnknown, counters, reports } = context;
    const deadline = this.#options.deadline();
    const after = recover(
      sent,
      line.drain(),
      {
        lost: { type: 'connectionLost', reason },
        classify,
        nextStep: (outcome, traits) => cluster.nextStep(origin.target, outcome, traits, deadline),
        continueAfterUnknown,
      },
      on.lease,
      reason,
      deadline,
    );
    this.#put(after);
    counters.resent += after.resent;
    counters.notExecuted += after.notExecuted;
    if (after.unknown > 0) {
      counters.unknown += after.unknown;
      reports.unknown(on, after.unknown, reason);
      this.isUntold = true;
    }
    this.#pauseHead(pauseMs ?? after.pauseMs);
  }

  /** Of all that waits for a server nothing is executed. */
  giveUp(reason: string): void {
    this.#put(giveUpAll(this.#options.line.drain(), reason));
  }

  giveUpHalfSent(): void {
    this.#put(giveUpHalfSent(this.#options.line.drain()));
  }

  tooLate(work: PendingWork): void {
    this.refused(work, 'there was no connection in time');
  }

  /** No server in time. */
  refused(work: PendingWork, reason: string): void {
    this.#options.context.counters.notExecuted += countOf(work);
    this.#answer(work, notExecuted(reason), reason);
  }

  /** The server does not accept who the client says it is. */
  rejected(work: PendingWork, error: string): void {
    this.#answer(work, Buffer.from(`-${error}\r\n`), 'MULTI before it was refused');
  }

  /** Its place in the line becomes the answer. */
  #answer(work: PendingWork, answer: Buffer, reason: string): void {
    const { gates, line } = this.#options;
    if (work.type === 'restore') {
      // Nobody asked, so nobody is told. It tries again for as long as the client is there.
      gates.pause(work, restorePauseMs);
      return;
    }
    if (isMulti(work)) this.#put(giveUpBehind(work, line.drain(), reason));
    line.replace(work, replyOf(repeated(answer, countOf(work))));
    this.#options.pump();
  }

  /** In place of the line that was taken out. */
  #put({ line, works }: GivenUp): void {
    const { context, gates } = this.#options;
    for (const work of works) {
      gates.cancel(work);
      context.counters.notExecuted += countOf(work);
    }
    this.#options.line.putInFront(line);
  }

  #pauseHead(ms: Ms): void {
    const { gates, line } = this.#options;
    if (ms > 0 && line.head !== undefined && line.head.type !== 'reply') gates.pause(line.head, ms);
  }
}

/** ms before a subscriber without a server asks for one again. */
const restorePauseMs = 250;
