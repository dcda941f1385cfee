import { ask, fields } from '../wire/ask.ts';
import { until } from '../clock.ts';
import type { Reply } from '../wire/resp.ts';
import { MASTER_NAME, type RedisCluster } from './launch.ts';

/** The port that every Sentinel names, or undefined while they differ or one of them is not at rest. */
export async function agreedPrimary(cluster: RedisCluster): Promise<number | undefined> {
  const views = await Promise.all(
    cluster.sentinels.map(async (sentinel) =>
      fields(await ask(sentinel.port, ['SENTINEL', 'MASTER', MASTER_NAME])),
    ),
  );
  const ports = new Set(views.map((view) => Number(view.get('port'))));
  const isAtRest = views.every(
    (view) =>
      view.get('flags') === 'master' &&
      view.get('num-slaves') === String(cluster.servers.length - 1) &&
      view.get('num-other-sentinels') === String(cluster.sentinels.length - 1),
  );
  return ports.size === 1 && isAtRest ? [...ports][0] : undefined;
}

async function replicasAreUp(cluster: RedisCluster, primaryPort: number): Promise<boolean> {
  const seen = await Promise.all(
    cluster.sentinels.map((sentinel) => ask(sentinel.port, ['SENTINEL', 'REPLICAS', MASTER_NAME])),
  );
  const areKnown = seen.every(
    (replicas) =>
      Array.isArray(replicas) && replicas.every((replica: Reply) => fields(replica).get('flags') === 'slave'),
  );
  const role = await ask(primaryPort, ['ROLE']);
  const online = Array.isArray(role) && role[0] === 'master' && Array.isArray(role[2]) ? role[2].length : 0;
  if (!areKnown || online !== cluster.servers.length - 1) return false;
  const others = cluster.servers.filter((server) => server.port !== primaryPort);
  const roles = await Promise.all(others.map((server) => ask(server.port, ['ROLE'])));
  return roles.every((each) => Array.isArray(each) && each[0] === 'slave' && each[3] === 'connected');
}

/** One primary, all others connected replicas, all Sentinels of one mind and no failover under way: its port. */
export async function settled(cluster: RedisCluster, limitMs = 40_000): Promise<number> {
  let found: number | undefined;
  await until('the cluster is settled', limitMs, async () => {
    found = await agreedPrimary(cluster);
    return found !== undefined && (await replicasAreUp(cluster, found));
  });
  if (found === undefined) throw new Error('settled without a primary');
  return found;
}
