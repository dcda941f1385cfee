import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Cluster, EndpointId, GatewaySession } from '@failover/core';
import { createCluster, endpointOf, systemRuntime, targetId } from '@failover/core';
import type { LaunchOptions, RedisTestbed } from '../../testing/index.ts';
import { launchCluster } from '../../testing/index.ts';
import { adapter } from '../../adapter.ts';
import type { RedisOptions } from '../../config.ts';
import { gateway } from '../index.ts';

/** A gateway on two ports of localhost, real servers and Sentinels behind it. */
export interface RealGateway extends AsyncDisposable {
  readonly bed: RedisTestbed;
  readonly cluster: Cluster;
  readonly session: GatewaySession;
  readonly ports: Readonly<Record<'primary' | 'replica', number>>;
  /** Who was primary when it began to serve. */
  readonly first: EndpointId;
  /** Connections of clients, since it serves. */
  readonly accepted: number;
  /** Would a reader on the port for replicas be sent there? */
  isServingReaders(server: EndpointId): boolean;
  /** Is somebody else primary now? */
  hasSuccessorOf(before: EndpointId): boolean;
}

export async function openRealGateway(
  options: Partial<RedisOptions> = {},
  testbed: LaunchOptions = {},
): Promise<RealGateway> {
  const bed = await launchCluster(testbed);
  const runtime = systemRuntime();
  const config = adapter.config.parse({ ...bed.config, downAfterMs: 1000, ...options });
  const cluster = createCluster(adapter, config, { runtime, hold: { windowMs: config.holdMs } });
  const session = gateway.open(cluster, config, runtime);
  const drain = new AbortController();
  let accepted = 0;
  const listeners = await Promise.all(
    (['primary', 'replica'] as const).map(async (role) => {
      const server = createServer({ noDelay: true }, (socket) => {
        accepted += 1;
        const reachedAt = endpointOf('127.0.0.1', socket.localPort ?? 0);
        void session.serve(socket, { role, address: 'test', reachedAt, drain: drain.signal });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const [primary = 0, replica = 0] = listeners.map((server) => (server.address() as AddressInfo).port);
  const first = await bed.primary();
  if (first === undefined) throw new Error('the testbed has no primary');
  return {
    bed,
    cluster,
    session,
    ports: { primary, replica },
    first,
    get accepted() {
      return accepted;
    },
    isServingReaders: (server) => cluster.topology.servers.get(server)?.role === 'replica',
    hasSuccessorOf(before) {
      const target = cluster.topology.targets.get(targetId(bed.name, 'primary'));
      return target?.state === 'steady' && target.claim.type !== 'none' && target.claim.server !== before;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      for (const server of listeners) server.close();
      await bed[Symbol.asyncDispose]();
    },
  };
}
