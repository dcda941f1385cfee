import { haproxyMissing, startHaproxy } from '../../process/haproxy.ts';
import { answersAmqp, urlOf } from '../cluster/cluster.ts';
import { type Contender, nothingToEnd } from './contender.ts';

function clientAlone(name: string, type: 'connectionManager' | 'rabbitmqClient' | 'rascal'): Contender {
  return {
    name,
    isOurs: false,
    missing: () => undefined,
    start: ({ config }) =>
      Promise.resolve({ spec: { type, servers: config.servers }, [Symbol.asyncDispose]: nothingToEnd }),
  };
}

export const connectionManager = clientAlone('amqp-connection-manager', 'connectionManager');
export const rabbitmqClient = clientAlone('rabbitmq-client', 'rabbitmqClient');
export const rascal = clientAlone('rascal', 'rascal');

/** HAProxy as RabbitMQ's own guides have it, in front of three nodes, and a client that connects again by itself. */
export const haproxyReconnecting: Contender = {
  name: 'haproxy-reconnecting',
  isOurs: false,
  missing: haproxyMissing,
  async start(testbed) {
    const proxy = await startHaproxy(
      [
        'balance roundrobin',
        'default-server check inter 1s on-marked-down shutdown-sessions',
        ...testbed.members.map((server, at) => `server r${at + 1} ${server}`),
      ],
      (port) => answersAmqp(testbed, port),
    );
    return {
      spec: { type: 'reconnecting', url: urlOf(`127.0.0.1:${proxy.port}`) },
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  },
};
