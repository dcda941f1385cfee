import { checkName, nameOf } from './ask-queue.ts';
import type { Table } from '../../protocol/table.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import { checkSame, checkSameArguments } from './equivalence.ts';
import { isExchangeType, type Exchange } from './exchange.ts';
import { accessRefused, notFound, preconditionFailed } from './problem.ts';

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

const headerMatches = ['all', 'any', 'all-with-x', 'any-with-x'];

export function checkHeadersBinding(channel: ChannelState, source: string, args: Table): void {
  const how = args['x-match'];
  if (how === undefined || findExchange(channel, source).type !== 'headers') return;
  if (typeof how === 'string' && headerMatches.includes(how)) return;
  const plain = typeof how === 'string' ? `<<"${how}">>` : JSON.stringify(how);
  throw preconditionFailed(
    `Invalid x-match field value ${plain}; expected all, any, all-with-x, or any-with-x`,
  );
}

export const exchangeMethods: Handlers = {
  'exchange.declare'(channel, method) {
    const { vhost } = channel.connection;
    if (method.passive) {
      checkNotDefault(method.exchange);
      findExchange(channel, method.exchange);
    } else {
      const { type } = method;
      if (!isExchangeType(type)) throw preconditionFailed(`unknown exchange type '${type}'`);
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
    if (method.exchange.startsWith('amq.')) {
      throw accessRefused(
        `deletion of system ${nameOf('exchange', method.exchange, vhost.name)} not allowed`,
      );
    }
    if (method.ifUnused && vhost.bindings.hasAny(method.exchange)) {
      throw preconditionFailed(`${nameOf('exchange', method.exchange, vhost.name)} in use`);
    }
    vhost.deleteExchange(method.exchange);
    if (!method.nowait) channel.send('exchange.delete-ok', {});
  },
  'exchange.bind'(channel, method) {
    checkBindingEnds(channel, [method.source, method.destination]);
    checkHeadersBinding(channel, method.source, method.arguments);
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
