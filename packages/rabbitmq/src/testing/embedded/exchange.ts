import type { Table } from '../../protocol/table.ts';

export const exchangeTypes = ['direct', 'fanout', 'topic', 'headers'] as const;
export type ExchangeType = (typeof exchangeTypes)[number];

export interface Exchange {
  readonly name: string;
  readonly type: ExchangeType;
  readonly isDurable: boolean;
  readonly isAutoDelete: boolean;
  readonly isInternal: boolean;
  readonly arguments: Table;
}

export const isExchangeType = (type: string): type is ExchangeType =>
  exchangeTypes.some((known) => known === type);

/** What every virtual host has from the start. The default exchange has no name. */
export const predeclaredExchanges: readonly Exchange[] = [
  predeclared('', 'direct'),
  predeclared('amq.direct', 'direct'),
  predeclared('amq.fanout', 'fanout'),
  predeclared('amq.topic', 'topic'),
  predeclared('amq.headers', 'headers'),
  predeclared('amq.match', 'headers'),
  { ...predeclared('amq.rabbitmq.trace', 'topic'), isInternal: true },
];

function predeclared(name: string, type: ExchangeType): Exchange {
  return { name, type, isDurable: true, isAutoDelete: false, isInternal: false, arguments: {} };
}
