import type { Lease } from '@failover/core';
import { encodeCommand } from '../protocol/encode.ts';
import { argsOf } from './sent-commands.ts';

/**
 * A cursor means something on one server only: another hashes its keys in another order, so that a scan that went on
 * there would leave keys out. Each cursor that a client gets carries a mark of its server, above the bits that servers
 * use and below those that a JavaScript number cannot hold. Any gateway knows it again.
 */
export const marksFrom = 2 ** 41;
const marks = 4095;

/** Of a server in its epoch, 1 to 4095. */
export function markOf({ server, epoch }: Lease): number {
  let hash = 17;
  for (const char of `${server} ${epoch?.join('.') ?? ''}`)
    hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
  return ((hash >>> 0) % marks) + 1;
}

/** The command as its server knows it; undefined if its cursor is another server's. */
export function unmarked(bytes: Uint8Array, mark: number): Uint8Array | undefined {
  const args = argsOf(bytes);
  const at = args[0]?.length === 4 ? 1 : 2;
  const text = args[at]?.toString('latin1') ?? '';
  if (!/^\d{13,16}$/.test(text)) return bytes;
  const marked = Number(text);
  const own = Math.floor(marked / marksFrom);
  // Beyond what we mark: as the server gave it.
  if (own === 0 || own > marks) return bytes;
  if (own !== mark) return undefined;
  return encodeCommand(args.map((arg, index) => (index === at ? String(marked % marksFrom) : arg)));
}

/** The reply with a marked cursor. 0 stays what it is: the end. */
export function marked(reply: Buffer, mark: number): Buffer {
  const head = /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(reply.toString('latin1', 0, 40));
  const cursor = Number(head?.[1] ?? 0);
  if (head === null || cursor === 0 || cursor >= marksFrom) return reply;
  const text = String(mark * marksFrom + cursor);
  return Buffer.concat([Buffer.from(`*2\r\n$${text.length}\r\n${text}\r\n`), reply.subarray(head[0].length)]);
}
