import { marksFrom } from '../scan-cursor.ts';

/**
 * Where a scan over all shards goes on. Cursors that servers give carry the mark of their server; a small one is ours
 * and says: begin with the shard of this number.
 */
export type ScanPlace =
  | { readonly type: 'begin'; readonly shard: number }
  | { readonly type: 'goOn'; readonly mark: number }
  /** No cursor at all: a server has the words for it. */
  | { readonly type: 'invalid' };

export function scanPlaceOf(cursor: string): ScanPlace {
  if (!/^\d{1,16}$/.test(cursor)) return { type: 'invalid' };
  const mark = Math.floor(Number(cursor) / marksFrom);
  return mark === 0 ? { type: 'begin', shard: Number(cursor) } : { type: 'goOn', mark };
}

/** A shard's reply as the client gets it: where one shard is at its end, the next one begins. */
export function scanReply(reply: Uint8Array, nextShard: number | undefined): Uint8Array {
  if (nextShard === undefined) return reply;
  const head = /^\*2\r\n\$1\r\n0\r\n/.exec(Buffer.from(reply.subarray(0, 16)).toString('latin1'));
  if (head === null) return reply;
  const text = String(nextShard);
  return Buffer.concat([Buffer.from(`*2\r\n$${text.length}\r\n${text}\r\n`), reply.subarray(head[0].length)]);
}
