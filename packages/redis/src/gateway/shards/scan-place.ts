import { marksFrom } from '../scan-cursor.ts';

/**
 * Where a scan over all shards goes on. Cursors that servers give carry the mark of their server; a smaller one is
 * ours and says: begin with the first shard from this place on.
 */
export type ScanPlace =
  | { readonly type: 'begin'; readonly from: number }
  | { readonly type: 'goOn'; readonly mark: number }
  /** No cursor at all: a server has the words for it. */
  | { readonly type: 'invalid' };

export function scanPlaceOf(cursor: string): ScanPlace {
  if (!/^\d{1,16}$/.test(cursor)) return { type: 'invalid' };
  const mark = Math.floor(Number(cursor) / marksFrom);
  return mark === 0 ? { type: 'begin', from: Number(cursor) } : { type: 'goOn', mark };
}

/**
 * A shard's place in the order in which all are scanned. By its name alone: shards come and go during a scan, and
 * nobody else's place may change with them.
 */
export function placeOf(shard: string): number {
  let hash = 17;
  let second = 7;
  for (const char of shard) {
    hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
    second = (Math.imul(second, 131) + char.charCodeAt(0)) | 0;
  }
  return (hash >>> 0) * 256 + ((second >>> 0) % 256) + 1;
}

/** The first shard from this place on. */
export function firstFrom(shards: readonly string[], from: number): string | undefined {
  return shards.filter((shard) => placeOf(shard) >= from).sort((a, b) => placeOf(a) - placeOf(b))[0];
}

/** A shard's reply as the client gets it: where one shard is at its end, the next one begins. */
export function scanReply(reply: Uint8Array, next: string | undefined): Uint8Array {
  if (next === undefined) return reply;
  const head = /^\*2\r\n\$1\r\n0\r\n/.exec(Buffer.from(reply.subarray(0, 16)).toString('latin1'));
  if (head === null) return reply;
  const text = String(placeOf(next));
  return Buffer.concat([Buffer.from(`*2\r\n$${text.length}\r\n${text}\r\n`), reply.subarray(head[0].length)]);
}

/** Behind the last shard. */
export const scanEnd: Buffer = Buffer.from('*2\r\n$1\r\n0\r\n*0\r\n');

/** The cursor of a shard's reply. */
export function cursorIn(reply: Uint8Array): string | undefined {
  return /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(Buffer.from(reply.subarray(0, 40)).toString('latin1'))?.[1];
}
