import type { HealthOf } from './availability.ts';
import { createBindings, type Binding, type Bindings } from './bindings.ts';
import { predeclaredExchanges, type Exchange } from './exchange.ts';
import type { Message } from './message.ts';
import { createQueue, type Queue, type QueueDefinition } from './queue.ts';
import { route } from './route.ts';

/** Exchanges, queues and bindings: what all nodes of a cluster share. */
export interface VirtualHost {
  readonly name: string;
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly bindings: Bindings;
  /** Who awaits direct replies, by the routing key of the replies. */
  readonly replyTo: Map<string, (message: Message) => void>;
  addExchange(exchange: Exchange): void;
  deleteExchange(name: string): void;
  addQueue(definition: QueueDefinition): Queue;
  /** With its bindings, and the exchanges that nothing is bound to any more. */
  deleteQueue(queue: Queue): void;
  unbind(binding: Binding): void;
  /** Where a message goes. */
  queuesFor(exchange: Exchange, message: Message): readonly Queue[];
}

export function createVirtualHost(name: string, healthOf: HealthOf): VirtualHost {
  const exchanges = new Map(predeclaredExchanges.map((exchange) => [exchange.name, exchange]));
  const queues = new Map<string, Queue>();
  const bindings = createBindings();
  const routes = { exchanges, bindings, hasQueue: (queue: string) => queues.has(queue) };

  function dropUnbound(sources: readonly string[]): void {
    for (const source of sources) {
      if (exchanges.get(source)?.isAutoDelete === true && !bindings.hasAny(source))
        host.deleteExchange(source);
    }
  }

  const host: VirtualHost = {
    name,
    exchanges,
    queues,
    bindings,
    replyTo: new Map(),
    addExchange(exchange) {
      exchanges.set(exchange.name, exchange);
    },
    deleteExchange(exchange) {
      if (exchanges.delete(exchange)) dropUnbound(bindings.forget({ kind: 'exchange', name: exchange }));
    },
    addQueue(definition) {
      const queue = createQueue(definition, healthOf);
      queues.set(queue.name, queue);
      return queue;
    },
    deleteQueue(queue) {
      if (queues.get(queue.name) !== queue) return;
      queues.delete(queue.name);
      const lost = bindings.forget({ kind: 'queue', name: queue.name });
      queue.close();
      dropUnbound(lost);
    },
    unbind(binding) {
      if (bindings.remove(binding)) dropUnbound([binding.source]);
    },
    queuesFor(exchange, message) {
      const found: Queue[] = [];
      for (const target of route(routes, exchange, message)) {
        const queue = queues.get(target);
        if (queue !== undefined) found.push(queue);
      }
      return found;
    },
  };
  return host;
}
