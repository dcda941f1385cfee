import type { ClientStream } from '@failover/core';
import type { GatewayLimits } from '../limits.ts';
import type { Turn } from './turn.ts';
import { answerPart, turnOfOne } from './turn.ts';

export interface TurnsOptions {
  readonly client: Pick<ClientStream, 'write'>;
  readonly context: { readonly limits: Pick<GatewayLimits, 'maxLineBytes'> };
  readonly isClosed: boolean;
  /** Too much waits behind an answer that does not come. */
  overfull(): void;
}

/** The answers that the client waits for: it gets them in the order of its commands, whichever comes first. */
export class Turns {
  /** Of answers that wait for those of commands before. */
  heldBytes = 0;
  readonly #options: TurnsOptions;
  #turns: Turn[] = [];
  /** A part of an answer is with the client: what comes between answers waits. */
  #isPassing = false;
  #late: Uint8Array[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#turns.length;
  }

  push(turn: Turn): void {
    this.#turns.push(turn);
  }

  /** Our own answer to the command that is next. */
  answer(reply: Uint8Array): void {
    const turn = turnOfOne();
    answerPart(turn, 0, reply);
    this.push(turn);
  }

  settle(turn: Turn, part: number, reply: Uint8Array): void {
    answerPart(turn, part, reply);
    if (turn.isEmitted || turn === this.#turns[0]) return;
    turn.heldBytes += reply.length;
    this.heldBytes += reply.length;
    const { maxLineBytes } = this.#options.context.limits;
    if (this.heldBytes > maxLineBytes) this.emit();
    if (this.heldBytes > maxLineBytes) this.#options.overfull();
  }

  /** Writes all answers before which none is missing. */
  emit(): void {
    let count = 0;
    while (this.#turns[count]?.reply !== undefined) count += 1;
    if (count === 0 || this.#isPassing || this.#options.isClosed) return;
    const replies: Uint8Array[] = [];
    for (const turn of this.#turns.splice(0, count)) {
      turn.isEmitted = true;
      this.heldBytes -= turn.heldBytes;
      replies.push(turn.reply ?? nothing, ...turn.pushed);
    }
    const [first] = replies;
    this.#options.client.write(replies.length === 1 && first !== undefined ? first : Buffer.concat(replies));
  }

  /** May its answer go on in parts? */
  mayPass(turn: Turn | undefined): boolean {
    this.emit();
    const isNext = turn !== undefined && turn === this.#turns[0];
    return isNext && turn.parts.length === 1 && turn.shown === undefined;
  }

  /** A part of the answer whose turn it is. */
  pass(bytes: Uint8Array, isLast: boolean): void {
    this.#isPassing = !isLast;
    this.#options.client.write(bytes);
    if (!isLast) return;
    const late = this.#late;
    this.#late = [];
    for (const frame of late) this.#options.client.write(frame);
    const turn = this.#turns.shift();
    if (turn !== undefined) turn.isEmitted = true;
  }

  /**
   * What no command asked for, not before what its server answered before: a key that it says has changed was read
   * with that answer.
   */
  show(frame: Uint8Array, behind: Turn | undefined): void {
    if (behind?.isEmitted === false) behind.pushed = [...behind.pushed, frame];
    else if (this.#isPassing) this.#late.push(frame);
    else this.#options.client.write(frame);
  }
}

const nothing = new Uint8Array(0);
