import { encodeMethod } from '../protocol/encode.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { Connection } from './connection.ts';
import { closing } from './frames.ts';
import type { Upstream } from './upstream.ts';

/** Closes a connection to a node, which is told why, and forgets it: nothing is heard of it any more. */
export function hangUp(connection: Connection, upstream: Upstream, why: string): void {
  connection.gateway.counters.upstreams -= 1;
  upstream.sayGoodbye(encodeMethod(0, 'connection.close', closing(replyCode.success, why)));
}

export function hangUpWith(connection: Connection, upstream: Upstream, lastWords?: Buffer): void {
  connection.gateway.counters.upstreams -= 1;
  upstream.close(lastWords);
}
