import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { Asked } from './owed.ts';
import { asked } from './owed.ts';
import type { Turn } from './turn.ts';
import { turnOfOne } from './turn.ts';
import type { Turns } from './turns.ts';
import type { LargePart, Unit } from './unit.ts';
import type { Step } from './unit-line.ts';

/** Where commands go, and where their answers have their place. */
export interface Ways {
  readonly lanes: Lanes;
  readonly turns: Turns;
}

/** To one shard; undefined if there is none. */
export function sendTo(lane: Lane | undefined, unit: Unit, ways: Ways): Step {
  return lane === undefined ? 'noShard' : send(lane, unit, ways, { turn: turnOfOne(), isBound: false });
}

/** As part of a transaction. */
export const sendBound = (lane: Lane, unit: Unit, ways: Ways, turn: Turn): Step =>
  send(lane, unit, ways, { turn, isBound: true });

/** To each of these shards its part; to none of them if one is missing. */
export function sendToAll(
  to: readonly { readonly lane: Lane | undefined; readonly bytes: Uint8Array }[],
  turn: Turn,
  { lanes, turns }: Ways,
): Step {
  if (to.some(({ lane }) => lane === undefined)) return 'noShard';
  turns.push(turn);
  to.forEach(({ lane, bytes }, part) => {
    if (lane !== undefined) lanes.ask(lane, asked(turn, bytes, { part }));
  });
  return 'gone';
}

/** What has come of a large command that has begun there. */
export function passOn(lane: Lane, large: LargePart): Step {
  const { parts } = large;
  large.parts = [];
  large.bytes = 0;
  for (const part of parts) lane.stream.ask(part);
  return large.isWhole ? 'gone' : 'stays';
}

function send(
  lane: Lane,
  { bytes, large }: Unit,
  { lanes, turns }: Ways,
  { turn, isBound }: Pick<Asked, 'turn' | 'isBound'>,
): Step {
  turns.push(turn);
  if (large === undefined) {
    lanes.ask(lane, asked(turn, bytes, { isBound }));
    return 'gone';
  }
  large.lane = lane;
  lanes.ask(lane, asked(turn, undefined, { isBound }));
  return passOn(lane, large);
}
