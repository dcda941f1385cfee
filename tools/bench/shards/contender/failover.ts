import { startLoader } from '../../load/load.ts';
import { failoverMissing, serveRedis } from '../../process/failover.ts';
import type { Contender } from './contender.ts';
import { driverAlone } from './peers.ts';

/** A plain ioredis for each worker, which knows one port of localhost and no shards, and the local process behind it. */
export const failoverGateway: Contender = {
  name: 'failover-gateway',
  isOurs: true,
  missing: failoverMissing,
  async start({ testbed }) {
    const gateway = await serveRedis(testbed.config.cluster.flatMap((node) => ['--cluster', node]));
    const loader = await startLoader('failover-gateway', { type: 'plain', port: gateway.port });
    return {
      loader,
      log: gateway.log,
      async [Symbol.asyncDispose]() {
        await loader.end();
        await gateway[Symbol.asyncDispose]();
      },
    };
  },
};

/** Our own client, in the application's process. */
export const failoverInProcess = driverAlone('failover-in-process', 'failoverCluster', true);
