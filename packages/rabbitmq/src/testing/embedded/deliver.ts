import { withHeaders } from '../../protocol/content.ts';
import { frame, frameHeaderBytes, frameType } from '../../protocol/frame.ts';
import type { ChannelState } from './channel-state.ts';
import type { Delivery } from './queue.ts';

/** Sends a message to a consumer. */
export function deliver(
  channel: ChannelState,
  consumerTag: string,
  delivery: Delivery,
  noAck: boolean,
): void {
  const { returns } = delivery;
  const { message } = delivery.entry;
  const deliveryTag = noAck ? channel.unacked.skip() : channel.unacked.add(delivery);
  channel.sendContent(
    'basic.deliver',
    {
      consumerTag,
      deliveryTag,
      redelivered: returns > 0,
      exchange: message.exchange,
      routingKey: message.routingKey,
    },
    message,
    headerOf(delivery),
  );
}

/** Quorum queues count how often a message came back, and say so. */
export function headerOf({ queue, entry, returns }: Delivery): Buffer {
  const { header } = entry.message;
  if (queue.type !== 'quorum' || returns === 0) return header;
  const whole = frame(frameType.header, 0, header);
  const counted = withHeaders(whole, 0, whole.length, { 'x-delivery-count': BigInt(returns) });
  return counted.subarray(frameHeaderBytes, -1);
}
