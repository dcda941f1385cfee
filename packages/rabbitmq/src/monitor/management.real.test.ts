import { claimHolder, createCluster, type Cluster, type EndpointId } from '@failover/core';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { adapter } from '../adapter.ts';
import { createClient } from '../client/create-client.ts';
import { rabbitConfig } from '../config.ts';
import { queueTarget } from '../rules/queue-leaders.ts';
import { connectAmqp, findVersion, launchCluster } from '../testing/index.ts';

const { id } = queueTarget('/', 'q');

const leaderIn = ({ topology }: Cluster): EndpointId | undefined => {
  const target = topology.targets.get(id);
  return target?.state === 'steady' ? claimHolder(target.claim) : undefined;
};

function until(cluster: Cluster, isSo: () => boolean): Promise<unknown> {
  return firstValueFrom(cluster.topology$.pipe(filter(isSo), timeout(30_000)));
}

describe.each(['3.10', '4.0'] as const)('the management API of RabbitMQ %s', (series) => {
  it('lists all nodes to who knows one, and who leads a queue before and after its leader was killed', async ({
    skip,
  }) => {
    const search = await findVersion(series);
    if (search.type === 'missing') {
      console.warn(`SKIPPED on RabbitMQ ${series}: ${search.reason}. Cure: ${search.cure}`);
      return skip(search.reason);
    }
    await using bed = await launchCluster({ server: search.server });
    const [first, second] = bed.members;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const client = await connectAmqp(bed.runtime, first);
    const channel = await client.openChannel();
    const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
    await channel.rpc('queue.declare', { queue: 'q', ...quorum });
    const leader = await bed.queueLeader('q');
    if (leader === undefined) throw new Error('no leader');

    // The API of a node that lives on.
    const other = bed.members.find((node) => node !== leader) ?? second;
    const management = [bed.management.get(other) ?? ''];
    const config = rabbitConfig.parse({ ...bed.config, servers: [other], management });
    await using cluster = createCluster(adapter, config, { runtime: bed.runtime });
    const watching = cluster.topology$.subscribe();
    await until(cluster, () => leaderIn(cluster) === leader);
    await until(cluster, () => bed.members.every((node) => cluster.topology.servers.has(node)));

    // Who prefers the leader is connected to it, each time.
    await using preferring = createClient(bed.config);
    await firstValueFrom(
      preferring.topology$.pipe(
        filter(({ targets }) => targets.get(id)?.state === 'steady'),
        timeout(30_000),
      ),
    );
    for (const name of ['one', 'two', 'three', 'four']) {
      await preferring.connect({
        clientProperties: { failover_prefer_leader_of: 'q', connection_name: name },
      });
    }
    const listed = await bed.ctl(first, 'list_connections', 'client_properties', 'name');
    const nodes = [...listed.matchAll(/"connection_name","(?:one|two|three|four)".* -> (\S+)$/gm)].map(
      ([, node]) => node,
    );
    expect(nodes).toEqual([leader, leader, leader, leader]);
    await preferring.close();

    bed.kill(leader);
    await until(cluster, () => ![leader, undefined].includes(leaderIn(cluster)));
    await expect.poll(async () => leaderIn(cluster) === (await bed.queueLeader('q'))).toBe(true);
    watching.unsubscribe();
  });
});
