import { checkName, nameOf } from './ask-queue.ts';
import type { Arguments } from '../../protocol/methods.ts';
import type { Table } from '../../protocol/table.ts';
import { askMetadata } from './ask-metadata.ts';
import type { Binding } from './bindings.ts';
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

function declareExchange(channel: ChannelState, method: Arguments<'exchange.declare'>): void {
  const { vhost } = channel.connection;
  const { type } = method;
  if (!isExchangeType(type)) throw preconditionFailed(`unknown exchange type '${type}'`);
  checkNotDefault(method.exchange);
  const known = vhost.exchanges.get(method.exchange);
  const answer = (): void => {
    if (!method.nowait) channel.send('exchange.declare-ok', {});
  };
  if (known === undefined) {
    checkName('exchange', method.exchange);
    askMetadata(channel, () => {
      vhost.addExchange({
        name: method.exchange,
        type,
        isDurable: method.durable,
        isAutoDelete: method.autoDelete,
        isInternal: method.internal,
        arguments: method.arguments,
      });
      answer();
    });
    return;
  }
  const title = nameOf('exchange', known.name, vhost.name);
  checkSame('type', title, type, known.type);
  checkSame('durable', title, method.durable, known.isDurable);
  checkSame('auto_delete', title, method.autoDelete, known.isAutoDelete);
  checkSame('internal', title, method.internal, known.isInternal);
  checkSameArguments(title, ['alternate-exchange'], method.arguments, known.arguments);
  answer();
}

function bindingOf(method: Arguments<'exchange.bind'> | Arguments<'exchange.unbind'>): Binding {
  return {
    source: method.source,
    destination: { kind: 'exchange', name: method.destination },
    routingKey: method.routingKey,
    arguments: method.arguments,
  };
}

export const exchangeMethods: Handlers = {
  'exchange.declare'(channel, method) {
    if (!method.passive) return declareExchange(channel, method);
    checkNotDefault(method.exchange);
    findExchange(channel, method.exchange);
    if (!method.nowait) channel.send('exchange.declare-ok', {});
  },
  'exchange.delete'(channel, method) {
    const { vhost } = channel.connection;
    checkNotDefault(method.exchange);
    const title = nameOf('exchange', method.exchange, vhost.name);
    if (method.exchange.startsWith('amq.')) throw accessRefused(`deletion of system ${title} not allowed`);
    if (method.ifUnused && vhost.bindings.hasAny(method.exchange))
      throw preconditionFailed(`${title} in use`);
    askMetadata(channel, () => {
      vhost.deleteExchange(method.exchange);
      if (!method.nowait) channel.send('exchange.delete-ok', {});
    });
  },
  'exchange.bind'(channel, method) {
    checkBindingEnds(channel, [method.source, method.destination]);
    checkHeadersBinding(channel, method.source, method.arguments);
    askMetadata(channel, () => {
      channel.connection.vhost.bindings.add(bindingOf(method));
      if (!method.nowait) channel.send('exchange.bind-ok', {});
    });
  },
  'exchange.unbind'(channel, method) {
    checkNotDefault(method.destination);
    checkNotDefault(method.source);
    askMetadata(channel, () => {
      channel.connection.vhost.unbind(bindingOf(method));
      if (!method.nowait) channel.send('exchange.unbind-ok', {});
    });
  },
};
