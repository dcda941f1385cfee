import type { Arguments } from '../../../protocol/methods.ts';
import type { Table } from '../../../protocol/table.ts';

/** Arguments of methods, with what is usual where nothing is said. */
export const declare = (
  queue: string,
  more: Partial<Arguments<'queue.declare'>> = {},
): Arguments<'queue.declare'> => ({
  queue,
  passive: false,
  durable: true,
  exclusive: false,
  autoDelete: false,
  nowait: false,
  arguments: {},
  ...more,
});

export const quorum: { readonly arguments: Table } = { arguments: { 'x-queue-type': 'quorum' } };
export const passive = { passive: true };

export const exchange = (
  name: string,
  type: string,
  more: Partial<Arguments<'exchange.declare'>> = {},
): Arguments<'exchange.declare'> => ({
  exchange: name,
  type,
  passive: false,
  durable: true,
  autoDelete: false,
  internal: false,
  nowait: false,
  arguments: {},
  ...more,
});

export const consume = (
  queue: string,
  consumerTag: string,
  more: Partial<Arguments<'basic.consume'>> = {},
): Arguments<'basic.consume'> => ({
  queue,
  consumerTag,
  noLocal: false,
  noAck: false,
  exclusive: false,
  nowait: false,
  arguments: {},
  ...more,
});

export const bind = (
  queue: string,
  source: string,
  routingKey = '',
  more: Partial<Arguments<'queue.bind'>> = {},
): Arguments<'queue.bind'> => ({
  queue,
  exchange: source,
  routingKey,
  nowait: false,
  arguments: {},
  ...more,
});

export const unbind = (queue: string, source: string, routingKey = ''): Arguments<'queue.unbind'> => ({
  queue,
  exchange: source,
  routingKey,
  arguments: {},
});

export const bindExchange = (
  destination: string,
  source: string,
  routingKey = '',
): Arguments<'exchange.bind'> => ({ destination, source, routingKey, nowait: false, arguments: {} });

export const remove = (
  queue: string,
  more: Partial<Arguments<'queue.delete'>> = {},
): Arguments<'queue.delete'> => ({ queue, ifUnused: false, ifEmpty: false, nowait: false, ...more });

export const removeExchange = (
  name: string,
  more: Partial<Arguments<'exchange.delete'>> = {},
): Arguments<'exchange.delete'> => ({ exchange: name, ifUnused: false, nowait: false, ...more });

export const purge = (queue: string, nowait = false): Arguments<'queue.purge'> => ({ queue, nowait });
export const get = (queue: string): Arguments<'basic.get'> => ({ queue, noAck: true });
export const hold = (queue: string): Arguments<'basic.get'> => ({ queue, noAck: false });
export const qos = (prefetchCount: number, global = false): Arguments<'basic.qos'> => ({
  prefetchSize: 0,
  prefetchCount,
  global,
});
export const ack = (deliveryTag: number, multiple = false): Arguments<'basic.ack'> => ({
  deliveryTag,
  multiple,
});
export const requeue = (deliveryTag: number, multiple = false): Arguments<'basic.nack'> => ({
  deliveryTag,
  multiple,
  requeue: true,
});
export const cancel = (consumerTag: string, nowait = false): Arguments<'basic.cancel'> => ({
  consumerTag,
  nowait,
});
export const farewell: Arguments<'channel.close'> = {
  replyCode: 200,
  replyText: 'bye',
  classId: 0,
  methodId: 0,
};
