import { encodeCommand } from '../protocol/encode.ts';
import type { Pending } from './pending.ts';
import { refusedByUs } from './refuse.ts';
import type { Upstream } from './upstream.ts';

const waits: ReadonlySet<string> = new Set(['WAIT', 'WAITAOF']);
const cover = encodeCommand(['PUBLISH', '__failover__', '']);
const denied = refusedByUs('WAIT', 'it needs leave to PUBLISH to the channel __failover__');

/**
 * WAIT counts what its own connection wrote, and the writes before it went another way: measured on Redis 7.0 and
 * Valkey 9.1, it answers at once as if all were replicated. Behind something that is replicated it covers all.
 */
export class WaitCover {
  #coveredOn: Upstream<Pending> | undefined;
  #isDenied = false;

  /** What must go before this command on this connection, if anything. */
  before(name: string, to: Upstream<Pending>): Uint8Array | undefined {
    if (!waits.has(name) || this.#coveredOn === to) return undefined;
    this.#coveredOn = to;
    this.#isDenied = false;
    return cover;
  }

  /** The server refused to run `bytes`. */
  refused(bytes: Uint8Array): void {
    this.#isDenied = bytes === cover;
  }

  /** What the client is told in place of the server's reply, if that would not be true. */
  answerTo(name: string): Uint8Array | undefined {
    return this.#isDenied && waits.has(name) ? denied : undefined;
  }
}
