import { now, until } from '../clock.ts';
import { ask } from '../wire/ask.ts';
import { settled } from './settled.ts';
import { MASTER_NAME, type Node, type RedisCluster, startServer } from './launch.ts';

/** `none` is a run of the same length in which nothing happens. */
export type Fault = 'kill' | 'hang' | 'sentinelFailover' | 'none';
export const FAULTS: readonly Fault[] = ['kill', 'hang', 'sentinelFailover'];

function serverAt(cluster: RedisCluster, port: number): Node {
  const found = cluster.servers.find((server) => server.port === port);
  if (found === undefined) throw new Error(`no server of ours listens on ${String(port)}`);
  return found;
}

/** @returns the moment from which on the fault is in effect */
export async function inject(cluster: RedisCluster, fault: Fault, primaryPort: number): Promise<number> {
  const primary = serverAt(cluster, primaryPort).process;
  switch (fault) {
    case 'kill':
      primary.kill('SIGKILL');
      return now();
    case 'hang':
      primary.kill('SIGSTOP');
      return now();
    case 'sentinelFailover':
      await ask((cluster.sentinels[0] as Node).port, ['SENTINEL', 'FAILOVER', MASTER_NAME]);
      return now();
    case 'none':
      return now();
  }
}

async function newPrimary(cluster: RedisCluster, oldPort: number): Promise<number> {
  let found: number | undefined;
  await until('the Sentinels agree on a successor', 60_000, async () => {
    const views = await Promise.all(
      cluster.sentinels.map((sentinel) =>
        ask(sentinel.port, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME]),
      ),
    );
    const ports = new Set(views.map((view) => (Array.isArray(view) ? Number(view[1]) : 0)));
    found = [...ports][0];
    return ports.size === 1 && found !== oldPort;
  });
  if (found === undefined) throw new Error('no successor');
  return found;
}

/**
 * Brings the cluster back to one primary and two replicas. The old primary is made a replica by us: Sentinel
 * itself waits at least 8 s before it does, which no later run needs.
 */
export async function heal(cluster: RedisCluster, fault: Fault, oldPort: number): Promise<number> {
  if (fault === 'none') return settled(cluster);
  const successor = await newPrimary(cluster, oldPort);
  const old = serverAt(cluster, oldPort);
  if (fault === 'kill') old.process = startServer(old.directory, oldPort, successor);
  if (fault === 'hang') old.process.kill('SIGCONT');
  if (fault !== 'kill') {
    await until('the old primary obeys', 5000, async () => {
      await ask(oldPort, ['REPLICAOF', '127.0.0.1', String(successor)]);
      return true;
    });
  }
  return settled(cluster);
}
