import type { Socket } from 'node:net';
import { now } from '../clock.ts';
import { decode, encode, isReplyError, type Reply } from '../wire/resp.ts';

/** What is seen of one server. */
export interface Eyes {
  role(port: number, role: string, at: number): void;
  wrote(port: number, value: string, startedAt: number, at: number): void;
  /** A timer of ours came so late. */
  late(lateMs: number): void;
}

/**
 * Sends one ROLE and one unique write in one packet, and reads both replies.
 * @returns what is to be called with each chunk, and says whether both are there
 */
export function askBoth(
  socket: Socket,
  port: number,
  key: string,
  value: string,
  eyes: Eyes,
): (chunk: Buffer) => boolean {
  const startedAt = now();
  let bytes = Buffer.alloc(0);
  let role: Reply | undefined;
  socket.write(encode(['ROLE']) + encode(['RPUSH', key, value]));
  return (chunk) => {
    const at = now();
    bytes = Buffer.concat([bytes, chunk]);
    const first = decode(bytes, 0);
    if (first === undefined) return false;
    if (role === undefined) {
      role = first.reply;
      eyes.role(port, Array.isArray(role) ? String(role[0]) : 'unknown', at);
    }
    const second = decode(bytes, first.end);
    if (second === undefined) return false;
    if (!isReplyError(second.reply)) eyes.wrote(port, value, startedAt, at);
    return true;
  };
}
