import type { Method } from '../protocol/methods.ts';
import { createConsumer } from '../session/consumer.ts';
import { forgetAutoDelete, learn } from '../session/topology-log.ts';
import type { Channel } from './channel.ts';
import { removeChannel } from './close-channel.ts';
import type { Connection } from './connection.ts';
import { createPublishes } from './publishes.ts';

/** A method of the client was done: what it set up is remembered, so that it can be set up again. */
export function complete(
  connection: Connection,
  channel: Channel,
  method: Method,
  reply: Method | undefined,
): void {
  switch (method.name) {
    case 'channel.open':
      channel.phase = 'open';
      return;
    case 'channel.close':
      // The node has closed it.
      connection.upstreamChannels.delete(channel.upstreamId);
      channel.upstreamId = 0;
      removeChannel(connection, channel);
      return;
    case 'basic.qos':
      if (method.global) channel.globalPrefetch = method.prefetchCount;
      else channel.prefetch = channel.upstreamPrefetch = method.prefetchCount;
      return;
    case 'basic.consume': {
      const tag = reply?.name === 'basic.consume-ok' ? reply.consumerTag : method.consumerTag;
      channel.consumers.set(tag, createConsumer({ ...method, consumerTag: tag }, channel.prefetch));
      return;
    }
    case 'basic.cancel':
      removeConsumer(connection, channel, method.consumerTag);
      return;
    case 'confirm.select':
      if (channel.mode.type === 'plain') channel.mode = { type: 'confirm', publishes: createPublishes() };
      return;
    case 'tx.select':
      if (channel.mode.type === 'plain') channel.mode = { type: 'tx', isDirty: false };
      return;
    case 'tx.commit':
    case 'tx.rollback':
      if (channel.mode.type === 'tx') channel.mode.isDirty = false;
      return;
    case 'queue.declare': {
      const queue = reply?.name === 'queue.declare-ok' ? reply.queue : method.queue;
      channel.lastQueue = queue;
      connection.log = learn(connection.log, { ...method, queue });
      return;
    }
    default:
      connection.log = learn(connection.log, method);
  }
}

export function removeConsumer(connection: Connection, channel: Channel, tag: string): void {
  const consumer = channel.consumers.get(tag);
  if (consumer === undefined) return;
  channel.consumers.delete(tag);
  const { queue } = consumer.asked;
  const isShared = [...connection.channels.values()].some((other) =>
    [...other.consumers.values()].some((each) => each.asked.queue === queue),
  );
  if (!isShared) connection.log = forgetAutoDelete(connection.log, queue);
}
