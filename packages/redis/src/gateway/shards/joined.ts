import { createReplyDecoder } from '../../protocol/decode.ts';
import { isError } from '../../protocol/marks.ts';
import { encodeReply } from '../../protocol/encode.ts';
import type { RespValue } from '../../protocol/value.ts';
import { array, integer, itemsOf, nullBulk } from '../../protocol/value.ts';
import type { Join } from './plan.ts';

/** What one shard answered to its part of a command. */
export interface PartReply {
  readonly bytes: Uint8Array;
  readonly places: readonly number[];
}

/** The one reply that a single server would have given. */
export function joined(replies: readonly PartReply[], join: Join, places: number): Uint8Array {
  const [first] = replies;
  if (first === undefined) return encodeReply(array([]));
  const failed = replies.filter(({ bytes }) => isError(bytes));
  // Nothing turns what is unknown of one part into a word on all of it.
  const told = failed.find(({ bytes }) => isUnknown(bytes)) ?? failed[0];
  if (told !== undefined) return told.bytes;
  if (join === 'first') return first.bytes;
  const values = replies.map(({ bytes }) => valueOf(bytes));
  switch (join) {
    case 'sum':
      return encodeReply(integer(values.map(numberOf).reduce((sum, each) => sum + each, 0)));
    case 'least':
      return encodeReply(integer(Math.min(...values.map(numberOf))));
    case 'together':
      return encodeReply(array(values.flatMap((value) => itemsOf(value) ?? [])));
    case 'places': {
      const items = new Array<RespValue>(places).fill(nullBulk);
      replies.forEach((reply, part) => {
        const own = itemsOf(values[part]) ?? [];
        reply.places.forEach((place, at) => {
          items[place] = own[at] ?? nullBulk;
        });
      });
      return encodeReply(array(items));
    }
  }
}

const isUnknown = (reply: Uint8Array): boolean =>
  Buffer.from(reply.buffer, reply.byteOffset, Math.min(reply.length, 15)).toString('latin1') ===
  '-OUTCOMEUNKNOWN';
const valueOf = (bytes: Uint8Array): RespValue | undefined => createReplyDecoder().feed(bytes)[0];
const numberOf = (value: RespValue | undefined): number =>
  value?.type === 'integer' ? Number(value.value) : 0;
