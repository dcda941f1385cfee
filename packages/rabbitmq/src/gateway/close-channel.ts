import type { MethodName } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { allBack, closing, tellClient, tellNode } from './frames.ts';
import { isRegistering } from './request.ts';

/** Nothing of it is under way any more, here or upstream. The client's own number stays taken. */
export function forgetChannel(connection: Connection, channel: Channel): void {
  abandonUpstream(connection, channel);
  if (channel.mode.type === 'confirm') {
    connection.unconfirmedBytes -= channel.mode.publishes.bytes;
    channel.mode.publishes.nextEpoch();
  }
  connection.heldBytes -= channel.heldBytes;
  channel.heldBytes = 0;
  channel.held = [];
  channel.unsent = [];
  channel.again = [];
  channel.requests = [];
  channel.waiting.length = 0;
  channel.publishing = undefined;
  channel.incoming = undefined;
  channel.consumers.clear();
  channel.deliveries.nextEpoch();
  connection.full.delete(channel);
  connection.onHeld();
}

/** Both sides agree that it is closed: its number is free again. */
export function removeChannel(connection: Connection, channel: Channel): void {
  forgetChannel(connection, channel);
  if (connection.channels.delete(channel.id)) connection.gateway.counters.channels -= 1;
}

/** Ends the upstream channel without waiting: its number is free again once the node has answered. */
export function abandonUpstream(connection: Connection, channel: Channel): void {
  if (channel.upstreamId === 0) return;
  giveBack(connection, channel);
  tellNode(connection, channel, 'channel.close', closing(replyCode.success, 'given up'));
  connection.upstreamChannels.set(channel.upstreamId, { type: 'abandoned' });
  channel.upstreamId = 0;
  channel.dueAck = undefined;
}

/** What the client has goes back in so many words, and not with the close. */
function giveBack(connection: Connection, channel: Channel): void {
  const { consumers, deliveries, mode } = channel;
  if (mode.type === 'tx' || consumers.size + deliveries.unsettled === 0) return;
  if (isRegistering(channel)) return;
  for (const { tag, state } of consumers.values()) {
    // Or it would come here again.
    if (state === 'active') tellNode(connection, channel, 'basic.cancel', { consumerTag: tag, nowait: true });
  }
  tellNode(connection, channel, 'basic.nack', allBack);
}

/** Closes one channel alone and says why, in the protocol's own way. */
export function closeForClient(
  connection: Connection,
  channel: Channel,
  code: number,
  text: string,
  blamed?: MethodName,
): void {
  if (channel.phase === 'closed') return;
  // A message that the client has in part can only be ended by ending everything.
  if (channel.incoming?.isStreaming === true) {
    connection.gateway.counters.cutDeliveries += 1;
    connection.refuse(replyCode.internalError, `INTERNAL_ERROR - failover: a message was cut off: ${text}`);
    return;
  }
  forgetChannel(connection, channel);
  channel.phase = 'closed';
  tellClient(connection, channel.id, 'channel.close', closing(code, text, blamed));
}
