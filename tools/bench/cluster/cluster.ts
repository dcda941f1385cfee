import { type EndpointId, endpointOf, portOf } from '@failover/core';
import { launchCluster, type RedisTestbed } from '@failover/redis/testing';

/** Real servers and three Sentinels on loopback, which outlive many faults. Everything here is named by its port. */
export interface RedisCluster extends AsyncDisposable {
  readonly testbed: RedisTestbed;
  readonly name: string;
  readonly serverPorts: readonly number[];
  readonly sentinelPorts: readonly number[];
}

/** ms; a failover timeout small enough that a split vote costs 10 s and not minutes. */
const SENTINEL = { downAfterMs: 1000, failoverTimeoutMs: 5000 };
/** ms; Sentinel turns a returned primary into a replica after 8 to 11 s, and a split vote takes 10 s more. */
const SETTLE_LIMIT_MS = 60_000;

/** @param servers three for faults; one where only speed counts, so that replication takes no CPU */
export async function launch(servers = 3): Promise<RedisCluster> {
  const testbed = await launchCluster({ servers, ...SENTINEL });
  console.log(`${testbed.kind} ${testbed.version}: ${testbed.how}`);
  return {
    testbed,
    name: testbed.name,
    serverPorts: testbed.servers.map(portOf),
    sentinelPorts: testbed.sentinels.map(portOf),
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
}

export function memberAt(port: number): EndpointId {
  return endpointOf('127.0.0.1', port);
}

/** Resolves with the primary's port when all servers and Sentinels run and are of one mind. */
export async function settled(cluster: RedisCluster): Promise<number> {
  await cluster.testbed.settled(SETTLE_LIMIT_MS);
  const primary = await cluster.testbed.primary();
  if (primary === undefined) throw new Error('settled without a primary');
  return portOf(primary);
}
