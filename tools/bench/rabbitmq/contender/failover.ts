import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import { failoverMissing, metric, type FailoverProcess, serveWith } from '../../process/failover.ts';
import { answersAmqp, urlOf } from '../cluster/cluster.ts';
import type { Contender } from './contender.ts';
import { nothingToEnd } from './contender.ts';

/** The local process, as a user starts it. */
export function startGateway(testbed: RabbitTestbed): Promise<FailoverProcess> {
  const { name, servers, management = [] } = testbed.config;
  return serveWith(
    'rabbitmq',
    (listen) => [
      ...['rabbitmq', '--name', name, '--listen', listen],
      ...servers.flatMap((server) => ['--server', server]),
      ...management.flatMap((address) => ['--management', address]),
    ],
    (port) => answersAmqp(testbed, port),
  );
}

/** A plain amqplib that knows one port of localhost, and the local process behind it. */
export const failoverProcess: Contender = {
  name: 'failover-process',
  isOurs: true,
  missing: failoverMissing,
  async start(testbed) {
    const gateway = await startGateway(testbed);
    const counter = (name: string): Promise<number> =>
      metric(gateway.adminPort, 'failover_gateway', `counter="${name}"`);
    return {
      spec: { type: 'amqplib', url: urlOf(`127.0.0.1:${gateway.port}`) },
      async told() {
        const [switches, resent, unknown] = await Promise.all(['switches', 'resent', 'unknown'].map(counter));
        return { switches: switches ?? NaN, resent: resent ?? NaN, unknown: unknown ?? NaN };
      },
      log: gateway.log,
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    };
  },
};

/** Our own client, in the application's process. */
export const failoverInProcess: Contender = {
  name: 'failover-in-process',
  isOurs: true,
  missing: () => undefined,
  start: ({ config }) =>
    Promise.resolve({ spec: { type: 'failover', config }, [Symbol.asyncDispose]: nothingToEnd }),
};
