import { keysOf } from '../../protocol/commands/index.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { minus } from '../../protocol/marks.ts';
import type { Lane } from './lane.ts';
import { asked } from './owed.ts';
import { sendBound } from './sending.ts';
import type { Ways } from './sending.ts';
import type { SlotMap } from './slot-map.ts';
import type { ShardTransaction, TransactionStep } from './transaction.ts';
import { afterRefusal, discardBytes, noTransaction, stepTransaction } from './transaction.ts';
import { turnOfOne, turnOfTold } from './turn.ts';
import type { Unit } from './unit.ts';
import type { Step } from './unit-line.ts';

export interface TransactingOptions extends Ways {
  readonly slots: Pick<SlotMap, 'shardOf'>;
}

/** The client's transaction, at the shard where it is. */
export class Transacting {
  /** A MULTI that is held was not answered: nothing goes before it is. */
  isBeginning = false;
  readonly #options: TransactingOptions;
  #transaction: ShardTransaction = noTransaction;

  constructor(options: TransactingOptions) {
    this.#options = options;
  }

  /** `plain`: it is of no transaction. */
  step(unit: Unit): Step | 'plain' {
    const { traits } = unit;
    if (this.#transaction.type === 'none' && traits.route !== 'transaction') return 'plain';
    const { lanes, slots, turns } = this.#options;
    const step = stepTransaction(
      this.#transaction,
      unit,
      (slot) => slots.shardOf(slot),
      () => keysOf(traits, unit.args).map((key) => keySlot(key)),
    );
    switch (step.type) {
      case 'plain':
        return 'plain';
      case 'wait':
        return 'noShard';
      case 'answer':
        this.#become(step.next);
        turns.answer(step.reply);
        return 'gone';
      case 'send':
      case 'sendAny': {
        const lane = step.type === 'send' ? lanes.to(step.shard) : lanes.toAny();
        return lane === undefined ? 'noShard' : this.#send(lane, unit, step);
      }
    }
  }

  /** A command of it was answered with an error that no server gave. */
  refused(name: string): void {
    this.#transaction = afterRefusal(this.#transaction, name);
  }

  /** A slot of it is elsewhere. */
  moved(): void {
    if (this.#transaction.type !== 'bound') return;
    this.#transaction = { type: 'failed', shard: this.#transaction.shard };
  }

  /** A lane is no more. */
  dropped(lane: Lane): void {
    if (!this.isAt(lane)) return;
    const isWatching = this.#transaction.type === 'watching';
    this.#transaction = isWatching ? noTransaction : { type: 'failed', shard: undefined };
  }

  isAt(lane: Lane): boolean {
    return 'shard' in this.#transaction && this.#transaction.shard === lane.shard;
  }

  reset(): void {
    this.#transaction = noTransaction;
  }

  #send(
    lane: Lane,
    unit: Unit,
    { before, next }: Extract<TransactionStep, { readonly before: unknown }>,
  ): Step {
    const [multi, ...queued] = before;
    if (multi !== undefined) this.#begin(lane, multi);
    for (const bytes of queued) this.#options.lanes.ask(lane, { type: 'unheard', bytes });
    const first = this.#transaction.type === 'none' && unit.traits.name === 'WATCH' ? next : undefined;
    this.#become(next);
    const turn = turnOfOne((reply) => {
      // Nothing is watched yet, so it may be elsewhere the next time.
      if (reply[0] === minus && this.#transaction === first) this.reset();
      return reply;
    });
    return sendBound(lane, unit, this.#options, turn);
  }

  /** MULTI, of which the client was told before a server was. Without it nothing behind it is a transaction. */
  #begin(lane: Lane, multi: Uint8Array): void {
    const { lanes } = this.#options;
    // One that is held may be refused before what comes next, which then would run by itself: so that waits.
    this.isBeginning = !lanes.isServed(lane.shard);
    const turn = turnOfTold((reply) => {
      this.isBeginning = false;
      if (reply[0] === minus && this.#transaction.type === 'bound')
        this.#transaction = { type: 'failed', shard: undefined };
      return reply;
    });
    lanes.ask(lane, asked(turn, multi, { isBound: true }));
  }

  #become(next: ShardTransaction): void {
    const before = this.#transaction;
    this.#transaction = next;
    if (before.type !== 'failed' || before.shard === undefined || next.type === 'failed') return;
    const lane = this.#options.lanes.to(before.shard);
    if (lane !== undefined) this.#options.lanes.ask(lane, { type: 'unheard', bytes: discardBytes });
  }
}
