import { encodeCommand } from '../protocol/encode.ts';
import type { Pending } from './pending.ts';
import { refusedByUs } from './refuse.ts';
import type { Upstream } from './upstream.ts';

/**
 * WAIT counts what its own connection wrote, and the writes before it went another way: measured on Redis 7.0 and
 * Valkey 9.1, it answers at once as if all were replicated. Behind something that is replicated it covers all.
 */
export interface WaitCover {
  /** What must go before this command on this connection, if anything. */
  before(name: string, to: Upstream<Pending>): Uint8Array | undefined;
  /** The server refused to run `bytes`. */
  refused(bytes: Uint8Array): void;
  /** What the client is told in place of the server's reply, if that would not be true. */
  answerTo(name: string): Uint8Array | undefined;
}

const waits: ReadonlySet<string> = new Set(['WAIT', 'WAITAOF']);
const cover = encodeCommand(['PUBLISH', '__failover__', '']);
const denied = refusedByUs('WAIT', 'it needs leave to PUBLISH to the channel __failover__');

export function createWaitCover(): WaitCover {
  let coveredOn: Upstream<Pending> | undefined;
  let isDenied = false;
  return {
    before(name, to) {
      if (!waits.has(name) || coveredOn === to) return undefined;
      coveredOn = to;
      isDenied = false;
      return cover;
    },
    refused(bytes) {
      isDenied = bytes === cover;
    },
    answerTo: (name) => (isDenied && waits.has(name) ? denied : undefined),
  };
}
