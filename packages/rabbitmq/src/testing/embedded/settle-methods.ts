import type { ChannelState, Handlers } from './channel-state.ts';
import { notImplemented } from './problem.ts';
import type { Delivery, Queue } from './queue.ts';
import type { Unsettled } from './unacked.ts';

type How = 'ack' | 'requeue';

/** Tells the queues; one that cannot be asked hears it later, unless the channel is gone by then. */
export function settle(channel: ChannelState, taken: readonly Unsettled[], how: How): void {
  const byQueue = new Map<Queue, Delivery[]>();
  for (const { delivery } of taken) {
    const same = byQueue.get(delivery.queue);
    if (same === undefined) byQueue.set(delivery.queue, [delivery]);
    else same.push(delivery);
  }
  for (const [queue, own] of byQueue) {
    queue.tell(channel, () => {
      // What is told to a lost home is lost with it.
      if (queue.availability === 'down') return;
      if (how === 'ack') queue.acknowledge(own);
      else queue.giveBack(own);
    });
  }
  if (channel.globalPrefetch > 0) for (const { queue } of channel.consumers.values()) queue.dispatch();
}

function take(channel: ChannelState, tag: number, isMultiple: boolean): readonly Unsettled[] {
  return tag === 0 && isMultiple ? channel.unacked.takeAll() : channel.unacked.take(tag, isMultiple);
}

function settleOrKeep(channel: ChannelState, taken: readonly Unsettled[], how: How): void {
  if (channel.mode.type === 'tx') channel.mode.transaction.settles.push({ taken, how });
  else settle(channel, taken, how);
}

export const settleMethods: Handlers = {
  'basic.ack'(channel, { deliveryTag, multiple }) {
    settleOrKeep(channel, take(channel, deliveryTag, multiple), 'ack');
  },
  'basic.nack'(channel, { deliveryTag, multiple, requeue }) {
    settleOrKeep(channel, take(channel, deliveryTag, multiple), requeue ? 'requeue' : 'ack');
  },
  'basic.reject'(channel, { deliveryTag, requeue }) {
    settleOrKeep(channel, take(channel, deliveryTag, false), requeue ? 'requeue' : 'ack');
  },
  'basic.recover'(channel, { requeue }) {
    if (!requeue) throw notImplemented('requeue=false');
    settle(channel, channel.unacked.takeAll(), 'requeue');
    channel.send('basic.recover-ok', {});
  },
  'basic.recover-async'(channel, { requeue }) {
    if (!requeue) throw notImplemented('requeue=false');
    settle(channel, channel.unacked.takeAll(), 'requeue');
  },
};
