import type { CommandTraits } from '../../protocol/commands/index.ts';
import { containerOf, keysOf } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { readAboutOthers } from '../client-filter.ts';
import { refusedByUs } from '../refuse.ts';
import { ok } from '../status.ts';

/** What becomes of one command of a client that knows of no shards. */
export type Plan =
  | { readonly type: 'shard'; readonly slot: number }
  /** No shard knows better than another. */
  | { readonly type: 'any' }
  | { readonly type: 'all'; readonly join: Join }
  | {
      readonly type: 'split';
      readonly parts: readonly SplitPart[];
      readonly join: Join;
      readonly places: number;
    }
  /** About the client's own connection, which stands for one to each shard. */
  | { readonly type: 'everyLane' }
  | { readonly type: 'transaction' }
  | { readonly type: 'subscription' }
  | { readonly type: 'scan' }
  | { readonly type: 'cluster' }
  | { readonly type: 'answer'; readonly reply: Buffer };

/**
 * How the answers of several shards become one; the first error is the answer of all.
 * - `first`: they say the same. - `sum`, `least`: of numbers. - `together`: of lists.
 * - `places`: each item of a list where its key stood in the command.
 */
export type Join = 'first' | 'sum' | 'least' | 'together' | 'places';

export interface SplitPart {
  readonly slot: number;
  readonly bytes: Buffer;
  /** Where its keys stood among all keys of the command. */
  readonly places: readonly number[];
}

export const crossSlot = Buffer.from("-CROSSSLOT Keys in request don't hash to the same slot\r\n");

/** Each key by itself means the same: nothing is atomic about them that a client could see. */
const splittable: ReadonlyMap<string, Join> = new Map([
  ['MGET', 'places'],
  ['DEL', 'sum'],
  ['UNLINK', 'sum'],
  ['EXISTS', 'sum'],
  ['TOUCH', 'sum'],
]);

/** Every shard has its own part of what these are about. */
const ofAll: ReadonlyMap<string, Join> = new Map([
  ...['DBSIZE'].map((name) => [name, 'sum'] as const),
  ...['KEYS'].map((name) => [name, 'together'] as const),
  ...['WAIT'].map((name) => [name, 'least'] as const),
  ...[
    'FLUSHALL',
    'FLUSHDB',
    'SCRIPT LOAD',
    'SCRIPT FLUSH',
    'SCRIPT KILL',
    'FUNCTION LOAD',
    'FUNCTION DELETE',
    'FUNCTION FLUSH',
    'FUNCTION RESTORE',
    'FUNCTION KILL',
    'CONFIG SET',
    'CONFIG RESETSTAT',
    'ACL SETUSER',
    'ACL DELUSER',
    'SLOWLOG RESET',
    'LATENCY RESET',
    'BGSAVE',
    'BGREWRITEAOF',
  ].map((name) => [name, 'first'] as const),
]);

export function planOf(traits: CommandTraits, args: readonly Buffer[]): Plan {
  switch (traits.route) {
    case 'transaction':
      return { type: 'transaction' };
    case 'subscription':
      return { type: 'subscription' };
    case 'monitor':
      return { type: 'answer', reply: refusedByUs('MONITOR', 'it shows what one server does') };
    case 'session':
      return planOfSession(args);
    case 'tracking':
      return { type: 'everyLane' };
    case 'shared':
    case 'cursor':
    case 'pinOnce':
    case 'pinForever':
    case 'refused':
      return planOfData(traits, args);
  }
}

export const slotPlan = (slot: number): Plan => ({ type: 'shard', slot });

/** Who else is there each shard's connection knows alike; who waits at a shard only those to that shard. */
function planOfSession(args: readonly Buffer[]): Plan {
  switch (readAboutOthers(args)?.type) {
    case 'list':
    case 'kill':
    case 'error':
      return { type: 'any' };
    case 'unblock':
      return { type: 'all', join: 'sum' };
    case undefined:
      return { type: 'everyLane' };
  }
}

function planOfData(traits: CommandTraits, args: readonly Buffer[]): Plan {
  if (containerOf(traits.name) === 'CLUSTER') return { type: 'cluster' };
  // Any node would do: one for each channel keeps its messages in order.
  if (traits.name === 'PUBLISH' && args[1] !== undefined) return { type: 'shard', slot: keySlot(args[1]) };
  if (traits.name === 'SCAN') return { type: 'scan' };
  // Replicas are a listener's business, not a client's.
  if (['READONLY', 'READWRITE', 'ASKING'].includes(traits.name)) return { type: 'answer', reply: ok };
  const join = ofAll.get(traits.name);
  if (join !== undefined) return { type: 'all', join };
  const keys = keysOf(traits, args);
  const [first, ...others] = keys;
  if (first === undefined) return { type: 'any' };
  const slot = keySlot(first);
  if (others.every((key) => keySlot(key) === slot)) return slotPlan(slot);
  const joinOfParts = splittable.get(traits.name);
  return joinOfParts === undefined
    ? { type: 'answer', reply: crossSlot }
    : { type: 'split', parts: split(args, keys), join: joinOfParts, places: keys.length };
}

function split(args: readonly Buffer[], keys: readonly Buffer[]): readonly SplitPart[] {
  const [name = Buffer.alloc(0)] = args;
  const bySlot = new Map<number, number[]>();
  keys.forEach((key, place) => {
    const slot = keySlot(key);
    const places = bySlot.get(slot);
    if (places === undefined) bySlot.set(slot, [place]);
    else places.push(place);
  });
  return [...bySlot].map(([slot, places]) => ({
    slot,
    places,
    bytes: encodeCommand([name, ...places.map((place) => keys[place] ?? name)]),
  }));
}
