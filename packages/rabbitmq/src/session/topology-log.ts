import type { PersistentMap } from '@failover/core';
import { persistentMap } from '@failover/core';
import type { Arguments, Method } from '../protocol/methods.ts';
import { writeTable } from '../protocol/table.ts';

type ExchangeDeclare = { readonly name: 'exchange.declare' } & Arguments<'exchange.declare'>;
type QueueDeclare = { readonly name: 'queue.declare' } & Arguments<'queue.declare'>;
type Bind =
  | ({ readonly name: 'queue.bind' } & Arguments<'queue.bind'>)
  | ({ readonly name: 'exchange.bind' } & Arguments<'exchange.bind'>);

/** What one connection declared and nobody of it deleted since. Passive declares are questions and not in it. */
export interface TopologyLog {
  readonly exchanges: PersistentMap<string, ExchangeDeclare>;
  readonly queues: PersistentMap<string, QueueDeclare>;
  readonly bindings: PersistentMap<string, Bind>;
}

export const emptyLog: TopologyLog = {
  exchanges: persistentMap(),
  queues: persistentMap(),
  bindings: persistentMap(),
};

/** The log after a method of the client was done. The same object if it says nothing of topology. */
export function learn(log: TopologyLog, done: Method): TopologyLog {
  switch (done.name) {
    case 'exchange.declare':
      if (done.passive || isPredeclared(done.exchange)) return log;
      return { ...log, exchanges: log.exchanges.with(done.exchange, done) };
    case 'exchange.delete':
      return withoutExchange(log, done.exchange);
    case 'queue.declare':
      return done.passive ? log : { ...log, queues: log.queues.with(done.queue, done) };
    case 'queue.delete':
      return withoutQueue(log, done.queue);
    case 'queue.bind':
    case 'exchange.bind':
      return { ...log, bindings: log.bindings.with(keyOf(done), done) };
    case 'queue.unbind':
      return withoutBinding(log, { ...done, name: 'queue.bind', nowait: false });
    case 'exchange.unbind':
      return withoutBinding(log, { ...done, name: 'exchange.bind' });
    default:
      return log;
  }
}

/**
 * The last consumer of ours left an auto-delete queue: the broker deletes it, unless others consume there too, and
 * then it is theirs to keep.
 */
export function forgetAutoDelete(log: TopologyLog, queue: string): TopologyLog {
  return log.queues.get(queue)?.autoDelete === true ? withoutQueue(log, queue) : log;
}

export type Redeclare = 'transient' | 'all' | 'none';

/**
 * What to declare again, in the order in which it stands on each other: exchanges, queues, bindings. `transient`: only
 * what the broker itself dropped with our connection or with the node; nothing that an operator deleted comes back.
 */
export function toDeclare(
  log: TopologyLog,
  which: Redeclare,
): readonly (ExchangeDeclare | QueueDeclare | Bind)[] {
  if (which === 'none') return [];
  const isAll = which === 'all';
  const exchanges = [...log.exchanges.values()].filter((each) => isAll || isTransientExchange(each));
  const queues = [...log.queues.values()].filter((each) => isAll || isTransientQueue(each));
  const names = {
    exchanges: new Set(exchanges.map((each) => each.exchange)),
    queues: new Set(queues.map((each) => each.queue)),
  };
  const bindings = [...log.bindings.values()].filter((bind) => {
    if (isAll || names.exchanges.has(bind.name === 'queue.bind' ? bind.exchange : bind.source)) return true;
    return bind.name === 'queue.bind' ? names.queues.has(bind.queue) : names.exchanges.has(bind.destination);
  });
  return [...exchanges, ...queues, ...bindings];
}

/** How a queue is declared again that the broker drops by itself; undefined if it does not, or that is not ours to do. */
export function declaredAgain(log: TopologyLog, which: Redeclare, queue: string): QueueDeclare | undefined {
  const declared = log.queues.get(queue);
  return declared !== undefined && which !== 'none' && isTransientQueue(declared) ? declared : undefined;
}

/** Does the broker drop this queue with the connection, its last consumer, or its node? */
function isTransientQueue(queue: QueueDeclare): boolean {
  return queue.exclusive || queue.autoDelete || !queue.durable;
}

function isTransientExchange(exchange: ExchangeDeclare): boolean {
  return exchange.autoDelete || !exchange.durable;
}

function isPredeclared(exchange: string): boolean {
  return exchange === '' || exchange.startsWith('amq.');
}

function withoutQueue(log: TopologyLog, queue: string): TopologyLog {
  const next = { ...log, queues: log.queues.without(queue) };
  const gone = [...log.bindings.values()].filter(
    (bind) => bind.name === 'queue.bind' && bind.queue === queue,
  );
  return gone.reduce<TopologyLog>(withoutBinding, next);
}

function withoutExchange(log: TopologyLog, exchange: string): TopologyLog {
  const next = { ...log, exchanges: log.exchanges.without(exchange) };
  const gone = [...log.bindings.values()].filter((bind) =>
    bind.name === 'queue.bind'
      ? bind.exchange === exchange
      : bind.source === exchange || bind.destination === exchange,
  );
  return gone.reduce<TopologyLog>(withoutBinding, next);
}

/** An auto-delete exchange goes with its last binding. Bindings of others we do not know: then it is theirs. */
function withoutBinding(log: TopologyLog, bind: Bind): TopologyLog {
  const bindings = log.bindings.without(keyOf(bind));
  if (bindings === log.bindings) return log;
  const next = { ...log, bindings };
  const source = bind.name === 'queue.bind' ? bind.exchange : bind.source;
  if (log.exchanges.get(source)?.autoDelete !== true) return next;
  const isBound = [...bindings.values()].some(
    (each) => (each.name === 'queue.bind' ? each.exchange : each.source) === source,
  );
  return isBound ? next : withoutExchange(next, source);
}

function keyOf(bind: Bind): string {
  const [to, from] =
    bind.name === 'queue.bind' ? [bind.queue, bind.exchange] : [bind.destination, bind.source];
  return JSON.stringify([
    bind.name,
    to,
    from,
    bind.routingKey,
    writeTable(bind.arguments).toString('base64'),
  ]);
}
