import type { Join } from './plan.ts';
import { joined } from './joined.ts';

/** One answer that a shard owes. */
export interface Owed {
  /** The command, to send it again where its slot went; absent of one that passed in parts. */
  readonly bytes: Uint8Array | undefined;
  /** Where its answer goes. */
  readonly turn: Turn | undefined;
  /** Its place among the parts of `turn`. */
  readonly part: number;
  /** It is in a transaction, which does not go elsewhere. */
  readonly isBound: boolean;
  /** It makes a connection that was opened later what the client's others are. */
  readonly isSetup?: true;
  readonly redirects: number;
}

/** One answer that the client waits for, in the order of its commands. */
export interface Turn {
  readonly join: Join;
  readonly places: number;
  readonly parts: { bytes: Uint8Array | undefined; readonly places: readonly number[] }[];
  left: number;
  reply: Uint8Array | undefined;
  /** What its servers pushed behind their answers: the client shall not see it before those. */
  pushed: readonly Uint8Array[];
  /** Of answers that wait for those of commands before. */
  heldBytes: number;
  isEmitted: boolean;
  /** Looks at the answer before the client does. */
  readonly shown: ((reply: Uint8Array) => Uint8Array) | undefined;
}

export function turnOf(
  count: number,
  join: Join = 'first',
  places: readonly (readonly number[])[] = [],
  shown?: (reply: Uint8Array) => Uint8Array,
): Turn {
  return {
    join,
    places: places.reduce((sum, each) => sum + each.length, 0),
    parts: Array.from({ length: count }, (_, at) => ({ bytes: undefined, places: places[at] ?? [] })),
    left: count,
    reply: undefined,
    pushed: [],
    heldBytes: 0,
    isEmitted: false,
    shown,
  };
}

export function answerPart(turn: Turn, part: number, bytes: Uint8Array): void {
  const own = turn.parts[part];
  if (own === undefined || own.bytes !== undefined) return;
  own.bytes = bytes;
  turn.left -= 1;
  if (turn.left > 0) return;
  const [first] = turn.parts;
  const whole =
    turn.parts.length === 1 && first?.bytes !== undefined && turn.join === 'first'
      ? first.bytes
      : joined(
          turn.parts.map(({ bytes: reply, places }) => ({ bytes: reply ?? bytes, places })),
          turn.join,
          turn.places,
        );
  turn.reply = turn.shown === undefined ? whole : turn.shown(whole);
}
