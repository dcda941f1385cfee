import type { FieldType, FieldValues } from './fields.ts';

/** Arguments of a method in the order of the wire. A name that begins with `reserved` is written as zero. */
export type Fields = Readonly<Record<string, FieldType>>;

export interface MethodSpec<F extends Fields = Fields> {
  /** Class × 65,536 + method. */
  readonly id: number;
  readonly fields: F;
  /** It is followed by a header and bodies. */
  readonly hasContent?: true;
}

const spec = <const F extends Fields>(
  classId: number,
  methodId: number,
  fields: F,
  hasContent?: true,
): MethodSpec<F> => ({
  id: classId * 65_536 + methodId,
  fields,
  ...(hasContent === undefined ? {} : { hasContent }),
});

const closeFields = {
  replyCode: 'short',
  replyText: 'shortstr',
  classId: 'short',
  methodId: 'short',
} as const;
const tuneFields = { channelMax: 'short', frameMax: 'long', heartbeat: 'short' } as const;
const bindFields = { routingKey: 'shortstr', nowait: 'flag', arguments: 'table' } as const;
const exchangeBindFields = {
  reserved1: 'short',
  destination: 'shortstr',
  source: 'shortstr',
  ...bindFields,
} as const;

/** Every method that RabbitMQ speaks. @see amqp-rabbitmq-0.9.1.json of rabbitmq-codegen */
export const methods = {
  'connection.start': spec(10, 10, {
    versionMajor: 'octet',
    versionMinor: 'octet',
    serverProperties: 'table',
    mechanisms: 'longstr',
    locales: 'longstr',
  }),
  'connection.start-ok': spec(10, 11, {
    clientProperties: 'table',
    mechanism: 'shortstr',
    response: 'longstr',
    locale: 'shortstr',
  }),
  'connection.secure': spec(10, 20, { challenge: 'longstr' }),
  'connection.secure-ok': spec(10, 21, { response: 'longstr' }),
  'connection.tune': spec(10, 30, tuneFields),
  'connection.tune-ok': spec(10, 31, tuneFields),
  'connection.open': spec(10, 40, { virtualHost: 'shortstr', reserved1: 'shortstr', reserved2: 'flag' }),
  'connection.open-ok': spec(10, 41, { reserved1: 'shortstr' }),
  'connection.close': spec(10, 50, closeFields),
  'connection.close-ok': spec(10, 51, {}),
  'connection.blocked': spec(10, 60, { reason: 'shortstr' }),
  'connection.unblocked': spec(10, 61, {}),
  'connection.update-secret': spec(10, 70, { newSecret: 'longstr', reason: 'shortstr' }),
  'connection.update-secret-ok': spec(10, 71, {}),
  'channel.open': spec(20, 10, { reserved1: 'shortstr' }),
  'channel.open-ok': spec(20, 11, { reserved1: 'longstr' }),
  'channel.flow': spec(20, 20, { active: 'flag' }),
  'channel.flow-ok': spec(20, 21, { active: 'flag' }),
  'channel.close': spec(20, 40, closeFields),
  'channel.close-ok': spec(20, 41, {}),
  'exchange.declare': spec(40, 10, {
    reserved1: 'short',
    exchange: 'shortstr',
    type: 'shortstr',
    passive: 'flag',
    durable: 'flag',
    autoDelete: 'flag',
    internal: 'flag',
    nowait: 'flag',
    arguments: 'table',
  }),
  'exchange.declare-ok': spec(40, 11, {}),
  'exchange.delete': spec(40, 20, {
    reserved1: 'short',
    exchange: 'shortstr',
    ifUnused: 'flag',
    nowait: 'flag',
  }),
  'exchange.delete-ok': spec(40, 21, {}),
  'exchange.bind': spec(40, 30, exchangeBindFields),
  'exchange.bind-ok': spec(40, 31, {}),
  'exchange.unbind': spec(40, 40, exchangeBindFields),
  'exchange.unbind-ok': spec(40, 51, {}),
  'queue.declare': spec(50, 10, {
    reserved1: 'short',
    queue: 'shortstr',
    passive: 'flag',
    durable: 'flag',
    exclusive: 'flag',
    autoDelete: 'flag',
    nowait: 'flag',
    arguments: 'table',
  }),
  'queue.declare-ok': spec(50, 11, { queue: 'shortstr', messageCount: 'long', consumerCount: 'long' }),
  'queue.bind': spec(50, 20, {
    reserved1: 'short',
    queue: 'shortstr',
    exchange: 'shortstr',
    ...bindFields,
  }),
  'queue.bind-ok': spec(50, 21, {}),
  'queue.purge': spec(50, 30, { reserved1: 'short', queue: 'shortstr', nowait: 'flag' }),
  'queue.purge-ok': spec(50, 31, { messageCount: 'long' }),
  'queue.delete': spec(50, 40, {
    reserved1: 'short',
    queue: 'shortstr',
    ifUnused: 'flag',
    ifEmpty: 'flag',
    nowait: 'flag',
  }),
  'queue.delete-ok': spec(50, 41, { messageCount: 'long' }),
  'queue.unbind': spec(50, 50, {
    reserved1: 'short',
    queue: 'shortstr',
    exchange: 'shortstr',
    routingKey: 'shortstr',
    arguments: 'table',
  }),
  'queue.unbind-ok': spec(50, 51, {}),
  'basic.qos': spec(60, 10, { prefetchSize: 'long', prefetchCount: 'short', global: 'flag' }),
  'basic.qos-ok': spec(60, 11, {}),
  'basic.consume': spec(60, 20, {
    reserved1: 'short',
    queue: 'shortstr',
    consumerTag: 'shortstr',
    noLocal: 'flag',
    noAck: 'flag',
    exclusive: 'flag',
    nowait: 'flag',
    arguments: 'table',
  }),
  'basic.consume-ok': spec(60, 21, { consumerTag: 'shortstr' }),
  'basic.cancel': spec(60, 30, { consumerTag: 'shortstr', nowait: 'flag' }),
  'basic.cancel-ok': spec(60, 31, { consumerTag: 'shortstr' }),
  'basic.publish': spec(
    60,
    40,
    {
      reserved1: 'short',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      mandatory: 'flag',
      immediate: 'flag',
    },
    true,
  ),
  'basic.return': spec(
    60,
    50,
    { replyCode: 'short', replyText: 'shortstr', exchange: 'shortstr', routingKey: 'shortstr' },
    true,
  ),
  'basic.deliver': spec(
    60,
    60,
    {
      consumerTag: 'shortstr',
      deliveryTag: 'longlong',
      redelivered: 'flag',
      exchange: 'shortstr',
      routingKey: 'shortstr',
    },
    true,
  ),
  'basic.get': spec(60, 70, { reserved1: 'short', queue: 'shortstr', noAck: 'flag' }),
  'basic.get-ok': spec(
    60,
    71,
    {
      deliveryTag: 'longlong',
      redelivered: 'flag',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      messageCount: 'long',
    },
    true,
  ),
  'basic.get-empty': spec(60, 72, { reserved1: 'shortstr' }),
  'basic.ack': spec(60, 80, { deliveryTag: 'longlong', multiple: 'flag' }),
  'basic.reject': spec(60, 90, { deliveryTag: 'longlong', requeue: 'flag' }),
  'basic.recover-async': spec(60, 100, { requeue: 'flag' }),
  'basic.recover': spec(60, 110, { requeue: 'flag' }),
  'basic.recover-ok': spec(60, 111, {}),
  'basic.nack': spec(60, 120, { deliveryTag: 'longlong', multiple: 'flag', requeue: 'flag' }),
  'confirm.select': spec(85, 10, { nowait: 'flag' }),
  'confirm.select-ok': spec(85, 11, {}),
  'tx.select': spec(90, 10, {}),
  'tx.select-ok': spec(90, 11, {}),
  'tx.commit': spec(90, 20, {}),
  'tx.commit-ok': spec(90, 21, {}),
  'tx.rollback': spec(90, 30, {}),
  'tx.rollback-ok': spec(90, 31, {}),
} as const;

export type MethodName = keyof typeof methods;

type Written<F> = { readonly [K in keyof F as K extends `reserved${string}` ? never : K]: F[K] };

/** The arguments of one method, without what is reserved. */
export type Arguments<N extends MethodName> = {
  readonly [K in keyof Written<(typeof methods)[N]['fields']>]: (typeof methods)[N]['fields'][K &
    keyof (typeof methods)[N]['fields']] extends infer T extends FieldType
    ? FieldValues[T]
    : never;
};

/** One method with its arguments, as a union over all of them. */
export type Method = { readonly [N in MethodName]: { readonly name: N } & Arguments<N> }[MethodName];

const namesById = new Map<number, MethodName>(
  Object.entries(methods).map(([name, { id }]) => [id, name as MethodName]),
);

export function methodName(id: number): MethodName | undefined {
  return namesById.get(id);
}

export function methodId(name: MethodName): number {
  return methods[name].id;
}
