import { failoverMissing, metric, startFailover } from '../process/failover.ts';
import type { Contender } from './contender.ts';
import { sentinelAddress } from './peers.ts';

/** Replicas are another target: the load asks nothing of them. */
const PRIMARY = '/primary"';

/** A plain ioredis that knows one port of localhost, and the local process behind it. */
export const failoverProcess: Contender = {
  name: 'failover-process',
  isOurs: true,
  missing: failoverMissing,
  async start(cluster) {
    const proxy = await startFailover(cluster);
    return {
      driver: { type: 'plain', port: proxy.port },
      async counters() {
        const [switches, holds, unknowns] = await Promise.all(
          ['failover_switches_total', 'failover_held_total', 'failover_unknown_total'].map((name) =>
            metric(proxy.adminPort, name, PRIMARY),
          ),
        );
        return { switches: switches ?? NaN, holds: holds ?? NaN, unknowns: unknowns ?? NaN };
      },
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  },
};

/** Our own client, in the application's process. */
export const failoverInProcess: Contender = {
  name: 'failover-in-process',
  isOurs: true,
  missing: () => undefined,
  start: (cluster) =>
    Promise.resolve({
      driver: { type: 'failoverInProcess', share: 'client', ...sentinelAddress(cluster) },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};
