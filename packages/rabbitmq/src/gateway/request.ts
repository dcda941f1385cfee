import { setChannelAt } from '../protocol/frame.ts';
import { encodeMethod } from '../protocol/encode.ts';
import type { Arguments, Method, MethodName } from '../protocol/methods.ts';
import type { Channel, Request } from './channel.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';

/** Sends a request upstream and remembers that it owes an answer. */
export function sendRequest(connection: Connection, channel: Channel, request: Request): void {
  setChannelAt(request.bytes, 0, channel.upstreamId);
  request.sentAt = nowOf(connection);
  channel.requests.push(request);
  connection.upstream?.append(request.bytes, 0, request.bytes.length);
}

/** A request of ours on a client's channel. */
export function askNode<N extends MethodName>(
  connection: Connection,
  channel: Channel,
  name: N,
  values: Arguments<N>,
  onReply: (reply: Method) => void = () => undefined,
): void {
  const now = nowOf(connection);
  sendRequest(connection, channel, {
    method: { name, ...values } as unknown as Method,
    bytes: encodeMethod(channel.upstreamId, name, values),
    since: now,
    sentAt: now,
    onReply,
  });
}

/**
 * Is this consumer, or any, asked for and not there yet? Nobody may cancel it before its `consume-ok`: up to 4.0 that
 * ends the whole connection, and 4.3 forgets the `consume-ok`.
 */
export function isRegistering({ requests }: Channel, tag?: string): boolean {
  return requests.some(
    ({ method }) => method.name === 'basic.consume' && (tag === undefined || method.consumerTag === tag),
  );
}

export function isOurs(request: Request | undefined): boolean {
  return request?.onReply !== undefined;
}

export function hasNoAnswer(method: Method): boolean {
  return method.name === 'basic.recover-async' || ('nowait' in method && method.nowait);
}
