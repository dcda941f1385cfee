import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod } from '../protocol/encode.ts';
import { FrameError, channelAt, frameType, methodIdAt } from '../protocol/frame.ts';
import type { Arguments, Method } from '../protocol/methods.ts';
import { methodId } from '../protocol/methods.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { tellClient } from './frames.ts';
import { fromNode } from './from-node.ts';
import { secretUpdated } from './update-secret.ts';

/** The end of the connection to a node, in the node's own words. */
export interface NodeEnding {
  /** The node closes. */
  onClose(close: Arguments<'connection.close'>): void;
  /** It has closed, as it was asked to. */
  onClosed(): void;
}

const channelCloseId = methodId('channel.close');
const channelCloseOkId = methodId('channel.close-ok');

/** A whole frame of the node that the client is on. False: no node is there any more. */
export function hearNode(
  connection: Connection,
  ending: NodeEnding,
  bytes: Buffer,
  from: number,
  to: number,
): boolean {
  const number = channelAt(bytes, from);
  if (number === 0) {
    if (bytes[from] === frameType.method) hear(connection, ending, decodeMethod(bytes, from, to));
    return connection.upstream !== undefined;
  }
  const use = connection.upstreamChannels.get(number);
  switch (use?.type) {
    case 'client':
      fromNode(connection, use.channel, bytes, from, to);
      break;
    case 'call':
      use.onFrame(bytes, from, to);
      break;
    case 'abandoned':
      leaveAbandoned(connection, number, bytes, from);
      break;
    case undefined:
  }
  return connection.upstream !== undefined;
}

function leaveAbandoned(connection: Connection, number: number, bytes: Buffer, from: number): void {
  if (bytes[from] !== frameType.method) return;
  const id = methodIdAt(bytes, from);
  if (id === channelCloseOkId) connection.upstreamChannels.delete(number);
  if (id !== channelCloseId) return;
  const ok = encodeMethod(number, 'channel.close-ok', {});
  connection.upstream?.append(ok, 0, ok.length);
}

/** Methods on channel 0. */
function hear(connection: Connection, ending: NodeEnding, method: Method): void {
  switch (method.name) {
    case 'connection.blocked':
      connection.isBlocked = true;
      if (connection.hears.blocked)
        tellClient(connection, 0, 'connection.blocked', { reason: method.reason });
      return;
    case 'connection.unblocked':
      unblocked(connection);
      return;
    case 'connection.update-secret-ok':
      secretUpdated(connection);
      return;
    case 'connection.close-ok':
      ending.onClosed();
      return;
    case 'connection.close':
      ending.onClose(method);
      return;
    default:
      throw new FrameError(`${method.name} on channel 0`);
  }
}

/** The node takes publishes again, or it is gone together with its alarm. */
export function unblocked(connection: Connection): void {
  if (!connection.isBlocked) return;
  connection.isBlocked = false;
  const now = nowOf(connection);
  for (const channel of connection.channels.values()) channel.progressAt = now;
  if (connection.hears.blocked) tellClient(connection, 0, 'connection.unblocked', {});
}
