import { checkName, nameOf } from './ask-queue.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import { checkSame, checkSameArguments } from './equivalence.ts';
import { isExchangeType, type Exchange } from './exchange.ts';
import { accessRefused, commandInvalid, notFound, preconditionFailed } from './problem.ts';

function checkNotDefault(name: string): void {
  if (name === '') throw accessRefused('operation not permitted on the default exchange');
}

export function findExchange(channel: ChannelState, name: string): Exchange {
  const { vhost } = channel.connection;
  const exchange = vhost.exchanges.get(name);
  if (exchange === undefined) throw notFound(`no ${nameOf('exchange', name, vhost.name)}`);
  return exchange;
}

/** @throws AmqpProblem if one of the exchanges cannot be bound */
export function checkBindingEnds(channel: ChannelState, exchanges: readonly string[]): void {
  for (const name of exchanges) {
    checkNotDefault(name);
    findExchange(channel, name);
  }
}

export const exchangeMethods: Handlers = {
  'exchange.declare'(channel, method) {
    const { vhost } = channel.connection;
    if (method.passive) {
      checkNotDefault(method.exchange);
      findExchange(channel, method.exchange);
    } else {
      const { type } = method;
      if (!isExchangeType(type)) throw commandInvalid(`unknown exchange type '${type}'`);
      checkNotDefault(method.exchange);
      const known = vhost.exchanges.get(method.exchange);
      if (known === undefined) {
        checkName('exchange', method.exchange);
        vhost.addExchange({
          name: method.exchange,
          type,
          isDurable: method.durable,
          isAutoDelete: method.autoDelete,
          isInternal: method.internal,
          arguments: method.arguments,
        });
      } else {
        const title = nameOf('exchange', known.name, vhost.name);
        checkSame('type', title, type, known.type);
        checkSame('durable', title, method.durable, known.isDurable);
        checkSame('auto_delete', title, method.autoDelete, known.isAutoDelete);
        checkSame('internal', title, method.internal, known.isInternal);
        checkSameArguments(title, ['alternate-exchange'], method.arguments, known.arguments);
      }
    }
    if (!method.nowait) channel.send('exchange.declare-ok', {});
  },
  'exchange.delete'(channel, method) {
    const { vhost } = channel.connection;
    checkNotDefault(method.exchange);
    checkName('exchange', method.exchange);
    if (method.ifUnused && vhost.bindings.hasAny(method.exchange)) {
      throw preconditionFailed(`${nameOf('exchange', method.exchange, vhost.name)} in use`);
    }
    vhost.deleteExchange(method.exchange);
    if (!method.nowait) channel.send('exchange.delete-ok', {});
  },
  'exchange.bind'(channel, method) {
    checkBindingEnds(channel, [method.destination, method.source]);
    channel.connection.vhost.bindings.add({
      source: method.source,
      destination: { kind: 'exchange', name: method.destination },
      routingKey: method.routingKey,
      arguments: method.arguments,
    });
    if (!method.nowait) channel.send('exchange.bind-ok', {});
  },
  'exchange.unbind'(channel, method) {
    checkNotDefault(method.destination);
    checkNotDefault(method.source);
    channel.connection.vhost.unbind({
      source: method.source,
      destination: { kind: 'exchange', name: method.destination },
      routingKey: method.routingKey,
      arguments: method.arguments,
    });
    if (!method.nowait) channel.send('exchange.unbind-ok', {});
  },
};
