import type { Join } from './plan.ts';
import { joined } from './joined.ts';

/** One answer that the client waits for, in the order of its commands. */
export interface Turn {
  readonly join: Join;
  readonly parts: { bytes: Uint8Array | undefined; readonly places: Places }[];
  left: number;
  reply: Uint8Array | undefined;
  /** What its servers pushed behind their answers: the client shall not see it before those. */
  pushed: readonly Uint8Array[];
  /** Of answers that wait for those of commands before. */
  heldBytes: number;
  isEmitted: boolean;
  readonly shown: Shown | undefined;
}

/** Where in the whole answer the items of a part stand. */
export type Places = readonly number[];

/** Looks at the answer before the client does; what it returns is what the client gets. */
export type Shown = (reply: Uint8Array) => Uint8Array;

/** What one shard answers. */
export const turnOfOne = (shown?: Shown): Turn => turnOf({ join: 'first', parts: [[]], shown });

/** Of a command that the client was told is done. */
export const turnOfTold = (shown: Shown): Turn => ({ ...turnOfOne(shown), isEmitted: true });

/** What several shards answer, joined. */
export function turnOf({ join, parts, shown }: TurnOptions): Turn {
  return {
    join,
    parts: parts.map((places) => ({ bytes: undefined, places })),
    left: parts.length,
    reply: undefined,
    pushed: [],
    heldBytes: 0,
    isEmitted: false,
    shown,
  };
}

export interface TurnOptions {
  readonly join: Join;
  /** One for each shard that is asked; empty if its join needs no places. */
  readonly parts: readonly Places[];
  readonly shown?: Shown | undefined;
}

export function answerPart(turn: Turn, part: number, bytes: Uint8Array): void {
  const own = turn.parts[part];
  if (own === undefined || own.bytes !== undefined) return;
  own.bytes = bytes;
  turn.left -= 1;
  if (turn.left > 0) return;
  const whole = wholeOf(turn, bytes);
  turn.reply = turn.shown === undefined ? whole : turn.shown(whole);
}

function wholeOf({ parts, join }: Turn, last: Uint8Array): Uint8Array {
  if (parts.length === 1 && join === 'first') return last;
  const replies = parts.map(({ bytes, places }) => ({ bytes: bytes ?? last, places }));
  const places = parts.reduce((sum, part) => sum + part.places.length, 0);
  return joined(replies, join, places);
}
