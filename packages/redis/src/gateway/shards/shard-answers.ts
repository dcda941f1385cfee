import { minus, push } from '../../protocol/marks.ts';
import type { GatewayContext } from '../context.ts';
import { notExecuted } from '../refuse.ts';
import type { Lane, LaneEvents } from './lane.ts';
import type { Owed } from './owed.ts';
import type { Reading } from './reading.ts';
import { movedAway, redirectIn } from './redirect.ts';
import type { Redirects } from './redirects.ts';
import type { Ways } from './sending.ts';
import type { Subscribing } from './subscribing.ts';
import type { Transacting } from './transacting.ts';

export interface ShardAnswersOptions extends Ways {
  readonly context: Pick<GatewayContext, 'counters'>;
  readonly redirects: Redirects;
  readonly subscribing: Subscribing;
  readonly transacting: Transacting;
  readonly reading: Reading;
  readonly isClosed: boolean;
  /** What decides whose turn it is may have changed. */
  pump(): void;
  close(): void;
}

/** What the shards answer, and where it goes. */
export class ShardAnswers implements LaneEvents {
  readonly #options: ShardAnswersOptions;

  constructor(options: ShardAnswersOptions) {
    this.#options = options;
  }

  framed(lane: Lane, frame: Uint8Array): void {
    const { context, isClosed, lanes, redirects, subscribing } = this.#options;
    if (isClosed || subscribing.heard(lane, frame)) return;
    const owed = lanes.answered(lane);
    if (owed === undefined) {
      subscribing.refused(lane, frame);
      return;
    }
    if (owed.type === 'setup' && frame[0] === minus) {
      this.#refuseLane(lane);
      return;
    }
    const redirect = redirectIn(frame);
    if (redirect === undefined) this.#settle(lane, owed, frame);
    else if (!redirects.follow(owed, redirect)) {
      context.counters.notExecuted += 1;
      this.#settle(lane, owed, movedAway);
    }
  }

  mayPass(lane: Lane, first: number): boolean {
    const { subscribing, turns } = this.#options;
    const isReply = first !== minus && first !== push && !subscribing.isSubscriber(lane);
    const [next] = lane.owed;
    return turns.mayPass(next?.type === 'asked' ? next.turn : undefined) && isReply;
  }

  passed(lane: Lane, bytes: Uint8Array, isLast: boolean): void {
    const { lanes, turns } = this.#options;
    turns.pass(bytes, isLast);
    if (isLast) lanes.answered(lane);
  }

  wasRead(): void {
    this.#options.pump();
  }

  paused(): void {
    this.#options.reading.pause();
  }

  resumed(): void {
    this.#options.reading.resume();
  }

  ended(lane: Lane): void {
    const since = lane.stream.unheardSince;
    // What its subscriptions were about is elsewhere.
    if (since !== undefined) this.#options.subscribing.rehome(lane, since);
    else this.#options.close();
  }

  #settle(lane: Lane, owed: Owed, reply: Uint8Array): void {
    if (owed.type !== 'asked') return;
    const { part, turn } = owed;
    if (!turn.isEmitted) lane.answered = turn;
    this.#options.turns.settle(turn, part, reply);
  }

  /** It is not who the client is: nothing of the client's may run there. */
  #refuseLane(lane: Lane): void {
    const { context, lanes, subscribing, transacting } = this.#options;
    const reply = notExecuted('a connection to its shard could not be set up');
    // What waits behind the refused command goes with it.
    for (const owed of lanes.drop(lane)) {
      if (owed.type === 'asked') context.counters.notExecuted += 1;
      this.#settle(lane, owed, reply);
    }
    transacting.dropped(lane);
    if (subscribing.isAt(lane)) subscribing.refused(lane, reply);
    this.#options.pump();
  }
}
