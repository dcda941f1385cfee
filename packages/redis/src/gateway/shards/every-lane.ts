import { minus } from '../../protocol/marks.ts';
import { refusedByUs } from '../refuse.ts';
import type { LaneState } from './lane-state.ts';
import { asked } from './owed.ts';
import type { Ways } from './sending.ts';
import { turnOf } from './turn.ts';
import type { Unit } from './unit.ts';
import type { Step } from './unit-line.ts';
import { ok } from '../status.ts';

export interface EveryLaneOptions extends Ways {
  readonly state: LaneState;
  /** Nothing behind it is read. */
  quit(): void;
  /** The client is as new. */
  reset(): void;
  close(): void;
}

/** Commands about the client's own connection: on all of its connections alike, with nothing in flight. */
export class EveryLane {
  /** What comes behind it speaks as whoever it makes of the client: nothing goes before it was answered. */
  isOpen = false;
  readonly #options: EveryLaneOptions;

  constructor(options: EveryLaneOptions) {
    this.#options = options;
  }

  step(unit: Unit): Step {
    const { lanes, turns } = this.#options;
    if (lanes.inFlight > 0) return 'stays';
    const { args, traits } = unit;
    if (traits.name === 'QUIT') {
      turns.answer(ok);
      this.#options.quit();
      return 'gone';
    }
    const second = args[1]?.toString('latin1').toUpperCase() ?? '';
    if (traits.name.startsWith('CLIENT') && (second === 'REPLY' || second === 'CACHING')) {
      turns.answer(refusedByUs(`CLIENT ${second}`, 'the answers of several shards become one'));
      return 'gone';
    }
    if (lanes.all.length === 0 && lanes.toAny() === undefined) return 'noShard';
    this.#send(unit);
    return 'gone';
  }

  #send(unit: Unit): void {
    const { lanes, turns } = this.#options;
    const { all } = lanes;
    const turn = turnOf({
      join: 'first',
      parts: all.map(() => []),
      shown: (reply) => {
        this.isOpen = false;
        const refusals = turn.parts.filter(({ bytes }) => bytes?.[0] === minus).length;
        if (refusals === 0) this.#taken(unit);
        else if (refusals < all.length) {
          // It would be one user at some shards and another one at others.
          queueMicrotask(() => {
            this.#options.close();
          });
        }
        return reply;
      },
    });
    this.isOpen = true;
    turns.push(turn);
    all.forEach((lane, part) => {
      lanes.ask(lane, asked(turn, unit.bytes, { part, isBound: true }));
    });
  }

  #taken(unit: Unit): void {
    this.#options.state.taken(unit);
    if (unit.traits.name === 'RESET') this.#options.reset();
  }
}
