import { connect } from 'node:tls';
import type { Runtime } from '@failover/core';
import { hostOf } from '@failover/core';
import type { RabbitConfig } from './config.ts';

/**
 * The runtime with connections as this cluster wants them. A TLS socket takes what is written before its handshake is
 * done, and all deadlines run until the node speaks AMQP: a node that hangs in the handshake holds nobody.
 */
export function networkFor(config: RabbitConfig, runtime: Runtime): Runtime {
  const { tls } = config;
  if (tls === undefined) return runtime;
  return {
    ...runtime,
    connect(endpoint) {
      const host = hostOf(endpoint);
      const isName = /[a-z]/i.test(host) && !host.includes(':');
      return connect({
        ...(isName ? { servername: host } : {}),
        ...(tls as object),
        socket: runtime.connect(endpoint),
      });
    },
  };
}
