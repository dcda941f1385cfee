import type { Runtime } from '@failover/core';
import type { Method } from '../protocol/methods.ts';
import type { Channel } from './channel.ts';

/**
 * Gives queues their names before a method goes upstream: a queue that the server shall name gets one that stays over
 * a failover, also for others who were told it; an empty name means the last one, which a new channel would not know.
 */
export function nameQueues(method: Method, channel: Channel, runtime: Pick<Runtime, 'random'>): Method {
  if (!('queue' in method) || method.queue !== '') return method;
  if (method.name === 'queue.declare' && !method.passive) return { ...method, queue: generatedName(runtime) };
  if (channel.lastQueue === '') return method;
  const named = { ...method, queue: channel.lastQueue };
  // The specification's shorthand: with neither, the queue's name is the routing key.
  const isBare = 'routingKey' in named && named.routingKey === '' && named.name === 'queue.bind';
  return isBare ? { ...named, routingKey: channel.lastQueue } : named;
}

const prefix = 'failover.gen-';

function generatedName(runtime: Pick<Runtime, 'random'>): string {
  const part = (): string =>
    Math.floor(runtime.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${prefix}${part()}${part()}${part()}${part()}`;
}

export function isGeneratedName(queue: string): boolean {
  return queue.startsWith(prefix);
}
