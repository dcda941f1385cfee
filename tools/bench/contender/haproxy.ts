import { haproxyMissing, startHaproxy } from '../process/haproxy.ts';
import type { Contender } from './contender.ts';

/** How often and how many checks decide; `usual` is what its own guides for Redis show. */
const PACES = {
  usual: 'inter 1s',
  fast: 'inter 100ms fall 2 rise 1',
};

/** A plain driver behind HAProxy, which finds the primary by asking each server for its role. */
function haproxy(name: string, pace: keyof typeof PACES): Contender {
  return {
    name,
    isOurs: false,
    missing: haproxyMissing,
    async start(cluster) {
      const proxy = await startHaproxy([
        'option tcp-check',
        'tcp-check connect',
        'tcp-check send PING\\r\\n',
        'tcp-check expect string +PONG',
        'tcp-check send info\\ replication\\r\\n',
        'tcp-check expect string role:master',
        'tcp-check send QUIT\\r\\n',
        'tcp-check expect string +OK',
        `default-server check ${PACES[pace]} on-marked-down shutdown-sessions`,
        ...cluster.serverPorts.map((port) => `server s${String(port)} 127.0.0.1:${String(port)}`),
      ]);
      return {
        driver: { type: 'plain', port: proxy.port },
        [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
      };
    },
  };
}

export const haproxyUsual = haproxy('haproxy', 'usual');
export const haproxyFast = haproxy('haproxy-fast-checks', 'fast');
