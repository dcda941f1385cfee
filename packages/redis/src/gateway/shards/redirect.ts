import type { EndpointId } from '@failover/core';
import { hostOf } from '@failover/core';
import { encodeCommand } from '../../protocol/encode.ts';
import { minus } from '../../protocol/marks.ts';
import { addressOf } from '../../sentinel-events.ts';
import type { Refusal } from '../refusal.ts';
import { notExecuted } from '../refuse.ts';
import type { SlotMap } from './slot-map.ts';
import { shardPort } from './of-shard.ts';

/** A node's word that a key's slot is at another (`MOVED`), or this very key perhaps while the slot moves (`ASK`). */
export interface Redirect {
  readonly type: 'moved' | 'ask';
  readonly slot: number;
  /** `host:port`; undefined if the node does not know it either. */
  readonly at: EndpointId | undefined;
}

/** It lets the next command on its connection have a key of a slot that is only coming. */
export const asking = encodeCommand(['ASKING']);

export function redirectIn(reply: Uint8Array): Redirect | undefined {
  if (reply[0] !== minus || (reply[1] !== 77 && reply[1] !== 65)) return undefined;
  const text = Buffer.from(reply.buffer, reply.byteOffset, Math.min(reply.length, 320)).toString('latin1');
  const match = /^-(MOVED|ASK) (\d{1,5}) (\S*):(\d{1,5})\r\n/.exec(text);
  if (match === null) return undefined;
  return {
    type: match[1] === 'MOVED' ? 'moved' : 'ask',
    slot: Number(match[2]),
    at: addressOf(match[3], match[4]),
  };
}

/** What a server of a cluster is asked for at most in a row: a slot that goes round in circles is somebody's mistake. */
export const maxRedirects = 16;

/** The answer to what cannot go elsewhere. */
export const movedAway = notExecuted('its slot is at another shard now');

/** A relay tells the name of a shard; an address only of what it cannot send again. */
export const shardIn = ({ at }: Redirect, slots: Pick<SlotMap, 'shardAt'>): string | undefined =>
  at === undefined ? undefined : (slots.shardAt(at) ?? hostOf(at));

/** What a redirect means to a client of one shard. */
export type Redirected =
  /** Proof that the server did not execute it; it goes again here. */
  | { readonly type: 'refused'; readonly refusal: Refusal }
  /** It must ask another shard, which stands under its name in the reply. */
  | { readonly type: 'elsewhere'; readonly reply: Buffer };

export function redirected(
  reply: Uint8Array,
  slots: Pick<SlotMap, 'shardAt' | 'moved' | 'reach'>,
  own: string,
): Redirected | undefined {
  const redirect = redirectIn(reply);
  if (redirect === undefined) return undefined;
  const { type, slot, at } = redirect;
  const code = type === 'moved' ? 'MOVED' : 'ASK';
  const shard = at === undefined ? undefined : slots.shardAt(at);
  if (at !== undefined && shard === own) {
    // A primary that was replaced names its successor. It did no work, so that no retry is used up.
    const outcome = { type: 'notSent', reason: 'its primary was replaced' } as const;
    return { type: 'refused', refusal: { outcome, code, text: `${code} ${slot} ${slots.reach(at)}` } };
  }
  if (shard === undefined) {
    // An address that nobody knows will be known soon.
    const outcome = { type: 'refused', code: 'UNKNOWNNODE', isRoleRefusal: false } as const;
    return { type: 'refused', refusal: { outcome, code: outcome.code, text: `${code} ${slot} ${at ?? ''}` } };
  }
  if (type === 'moved') slots.moved(slot, shard);
  return { type: 'elsewhere', reply: Buffer.from(`-${code} ${slot} ${shard}:${shardPort}\r\n`) };
}
