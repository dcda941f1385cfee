import { encodeMethod } from '../protocol/encode.ts';
import type { Arguments, MethodName } from '../protocol/methods.ts';
import { methodId } from '../protocol/methods.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';

/** Writes one method to the client. */
export function tellClient<N extends MethodName>(
  connection: Connection,
  channel: number,
  name: N,
  values: Arguments<N>,
): void {
  const bytes = encodeMethod(channel, name, values);
  connection.toClient(bytes, 0, bytes.length);
}

/** Writes one method to the node, on the upstream channel of `channel`. */
export function tellNode<N extends MethodName>(
  connection: Connection,
  channel: Channel,
  name: N,
  values: Arguments<N>,
): void {
  if (channel.upstreamId === 0) return;
  const bytes = encodeMethod(channel.upstreamId, name, values);
  connection.upstream?.append(bytes, 0, bytes.length);
}

/** The arguments of a close that blames `name`. */
export function closing(code: number, text: string, name?: MethodName): Arguments<'channel.close'> {
  const id = name === undefined ? 0 : methodId(name);
  return { replyCode: code, replyText: shortened(text), classId: id >>> 16, methodId: id & 0xffff };
}

/**
 * The arguments of a nack that gives all back that came on a channel. Since 4.3 that is no failed delivery, of which a
 * quorum queue takes 20 before it drops a message; what a close gives back is one, and before 4.3 both are.
 */
export const allBack: Arguments<'basic.nack'> = { deliveryTag: 0, multiple: true, requeue: true };

/** A short string holds 255 bytes. */
function shortened(text: string): string {
  return Buffer.byteLength(text) <= 255 ? text : `${Buffer.from(text).subarray(0, 250).toString()}…`;
}
