import type { Binding, Bindings } from './bindings.ts';
import type { Exchange } from './exchange.ts';
import { matchesHeaders } from './match-headers.ts';
import type { Message } from './message.ts';
import { matchesTopic } from './topic.ts';

export interface Routes {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly bindings: Bindings;
  hasQueue(name: string): boolean;
}

/** Names of the queues that a message goes to, each once. */
export function route(
  { exchanges, bindings, hasQueue }: Routes,
  from: Exchange,
  message: Message,
): Set<string> {
  const queues = new Set<string>();
  const seen = new Set<string>();

  function visit(exchange: Exchange): void {
    if (seen.has(exchange.name)) return;
    seen.add(exchange.name);
    if (exchange.name === '') {
      if (hasQueue(message.routingKey)) queues.add(message.routingKey);
      return;
    }
    let isRouted = false;
    for (const binding of bindings.from(exchange.name)) {
      if (!matches(exchange, binding, message)) continue;
      isRouted = true;
      const { kind, name } = binding.destination;
      if (kind === 'queue') queues.add(name);
      else follow(name);
    }
    const alternate = exchange.arguments['alternate-exchange'];
    if (!isRouted && typeof alternate === 'string') follow(alternate);
  }

  function follow(name: string): void {
    const next = exchanges.get(name);
    if (next !== undefined) visit(next);
  }

  visit(from);
  return queues;
}

function matches(exchange: Exchange, binding: Binding, message: Message): boolean {
  switch (exchange.type) {
    case 'direct':
      return binding.routingKey === message.routingKey;
    case 'fanout':
      return true;
    case 'topic':
      return matchesTopic(binding.routingKey, message.routingKey);
    case 'headers':
      return matchesHeaders(binding.arguments, message.properties.headers ?? {});
  }
}
