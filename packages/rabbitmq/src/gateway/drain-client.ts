import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { askNode, isRegistering } from './request.ts';

/** ms that a client may take to settle what it has, once nothing new comes. */
export const drainWithinMs = 5000;

/**
 * No more messages for this client: what it has it may settle, and what it sent is answered. To be called until it is at
 * rest: a consumer that is not there yet cannot be cancelled, and in the middle of a message the node takes nothing else.
 */
export function stopConsuming(connection: Connection): void {
  for (const channel of connection.channels.values()) {
    if (channel.publishing !== undefined) continue;
    for (const consumer of channel.consumers.values()) {
      if (consumer.state !== 'active' || channel.upstreamId === 0) continue;
      if (isRegistering(channel, consumer.tag)) continue;
      consumer.state = 'waiting';
      askNode(connection, channel, 'basic.cancel', { consumerTag: consumer.tag, nowait: false });
    }
  }
}

/** Is nothing under way, in either direction? */
export function isAtRest(connection: Connection): boolean {
  return [...connection.channels.values()].every(isIdle);
}

function isIdle({ requests, again, unsent, held, publishing, mode, deliveries }: Channel): boolean {
  const unconfirmed = mode.type === 'confirm' ? mode.publishes.count : 0;
  const waiting = requests.length + again.length + unsent.length + held.length + unconfirmed;
  return waiting === 0 && publishing === undefined && deliveries.unsettled === 0;
}
