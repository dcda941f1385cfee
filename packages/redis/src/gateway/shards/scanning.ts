import type { Lease } from '@failover/core';
import { encodeCommand } from '../../protocol/encode.ts';
import { scanInterrupted } from '../refuse.ts';
import { markOf } from '../scan-cursor.ts';
import { asked } from './owed.ts';
import { cursorIn, firstFrom, placeOf, scanEnd, scanPlaceOf, scanReply } from './scan-place.ts';
import type { Ways } from './sending.ts';
import { sendTo } from './sending.ts';
import type { SlotMap } from './slot-map.ts';
import { turnOfOne } from './turn.ts';
import type { Unit } from './unit.ts';
import type { Step } from './unit-line.ts';

export interface ScanningOptions extends Ways {
  readonly slots: Pick<SlotMap, 'serving'>;
  /** Who serves a shard now. */
  leaseOf(shard: string): Lease | undefined;
}

/** SCAN over all shards, one after the other. */
export class Scanning {
  readonly #options: ScanningOptions;
  /** The cursor that was answered last, and whose it is: two servers may have the same mark. */
  #last: { readonly cursor: string | undefined; readonly shard: string } | undefined;

  constructor(options: ScanningOptions) {
    this.#options = options;
  }

  step(unit: Unit): Step {
    const { lanes, slots, turns } = this.#options;
    const cursor = unit.args[1]?.toString('latin1') ?? '';
    const place = scanPlaceOf(cursor);
    if (place.type === 'invalid') return sendTo(lanes.toAny(), unit, this.#options);
    const shards = slots.serving();
    if (shards.length === 0) return 'noShard';
    const shard = place.type === 'begin' ? firstFrom(shards, place.from) : this.#markedBy(cursor, place.mark);
    if (shard === undefined) {
      turns.answer(place.type === 'begin' ? scanEnd : scanInterrupted);
      return 'gone';
    }
    const lane = lanes.to(shard);
    if (lane === undefined) return 'noShard';
    const turn = turnOfOne((reply) => {
      this.#last = { cursor: cursorIn(reply), shard };
      return scanReply(reply, firstFrom(slots.serving(), placeOf(shard) + 1));
    });
    turns.push(turn);
    lanes.ask(lane, asked(turn, place.type === 'begin' && place.from > 0 ? fromStart(unit) : unit.bytes));
    return 'gone';
  }

  /** The shard whose server gave this cursor; undefined if none has, or perhaps another one. */
  #markedBy(cursor: string, mark: number): string | undefined {
    const [only, ...others] = this.#options.slots.serving().filter((each) => {
      const lease = this.#options.leaseOf(each);
      return lease !== undefined && markOf(lease) === mark;
    });
    if (others.length === 0) return only;
    return this.#last?.cursor === cursor ? this.#last.shard : undefined;
  }
}

/** At its shard the scan begins. */
const fromStart = ({ args }: Unit): Buffer =>
  encodeCommand(args.map((arg, index) => (index === 1 ? '0' : arg)));
