import { decodeMethod } from '../protocol/decode.ts';
import { channelAt, frameType, methodIdAt } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { methodId } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { createChannel } from './channel.ts';
import type { ClientClosing } from './client-closing.ts';
import type { ClientOpening } from './client-opening.ts';
import type { Connection } from './connection.ts';
import { isOver, nowOf } from './connection.ts';
import { fromClient } from './from-client.ts';
import { restoreChannel } from './restore.ts';
import { updateSecret } from './update-secret.ts';

/** Who takes part in what a client says of its connection as a whole. */
export interface ConnectionWork {
  readonly opening: Pick<ClientOpening, 'hear'>;
  readonly closing: Pick<ClientClosing, 'closedByClient' | 'answered'>;
}

const openId = methodId('channel.open');
const closeOkId = methodId('channel.close-ok');

/** A whole frame of the client. False: nothing after it counts. */
export function hearClient(
  connection: Connection,
  work: ConnectionWork,
  bytes: Buffer,
  from: number,
  to: number,
): boolean {
  if (bytes[from] === frameType.heartbeat) return true;
  const number = channelAt(bytes, from);
  if (number === 0 || connection.phase !== 'running') {
    if (bytes[from] === frameType.method)
      hear(connection, work, decodeMethod(bytes, from, to), bytes.subarray(from, to));
    return !isOver(connection);
  }
  const channel = connection.channels.get(number);
  if (channel !== undefined) fromClient(connection, channel, bytes, from, to);
  else if (bytes[from] === frameType.method) openChannel(connection, number, methodIdAt(bytes, from));
  return !isOver(connection);
}

/** Methods on channel 0, and all until the connection is open. */
function hear(connection: Connection, work: ConnectionWork, method: Method, frame: Buffer): void {
  if (method.name === 'connection.close') {
    work.closing.closedByClient();
    return;
  }
  switch (connection.phase) {
    case 'running':
      if (method.name !== 'connection.update-secret') break;
      updateSecret(connection, method.newSecret, frame);
      return;
    case 'closing':
      if (method.name === 'connection.close-ok') work.closing.answered();
      return;
    case 'header':
    case 'start':
    case 'authenticating':
    case 'tuning':
    case 'opening':
    case 'over':
      if (work.opening.hear(method)) return;
  }
  connection.refuse(replyCode.commandInvalid, `COMMAND_INVALID - ${method.name} does not belong here`);
}

function openChannel(connection: Connection, number: number, id: number): void {
  if (id !== openId) {
    // Late frames of a channel that was closed on both sides are no offence.
    if (id !== closeOkId)
      connection.refuse(replyCode.channelError, "CHANNEL_ERROR - expected 'channel.open'");
    return;
  }
  const { channelMax } = connection.agreed;
  if (channelMax !== 0 && number > channelMax) {
    const text = `NOT_ALLOWED - channel ${number} is above the negotiated channel_max (${channelMax})`;
    connection.refuse(replyCode.notAllowed, text);
    return;
  }
  const channel = createChannel(number, nowOf(connection));
  connection.channels.set(number, channel);
  connection.gateway.counters.channels += 1;
  if (connection.upstream !== undefined) restoreChannel(connection, channel);
}
