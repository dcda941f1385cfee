import type { Table } from '../../protocol/table.ts';

/** What a broker says of itself in `connection.start`. */
export function serverProperties(version: string, node: string): Table {
  return {
    capabilities: {
      publisher_confirms: true,
      exchange_exchange_bindings: true,
      'basic.nack': true,
      consumer_cancel_notify: true,
      'connection.blocked': true,
      consumer_priorities: true,
      authentication_failure_close: true,
      per_consumer_qos: true,
      direct_reply_to: true,
    },
    cluster_name: node,
    copyright: 'A double for tests',
    information: 'Speaks as RabbitMQ does; see https://rabbitmq.com',
    platform: 'Node.js',
    product: 'RabbitMQ',
    version,
  };
}
