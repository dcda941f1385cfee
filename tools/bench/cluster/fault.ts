import { now, until } from '../clock.ts';
import { ask } from '../wire/ask.ts';
import { memberAt, type RedisCluster, settled } from './cluster.ts';

/** `none` is a run of the same length in which nothing happens. */
export type Fault = 'kill' | 'hang' | 'sentinelFailover' | 'none';
export const FAULTS: readonly Fault[] = ['kill', 'hang', 'sentinelFailover'];

/** @returns the moment from which on the fault is in effect */
export async function inject(cluster: RedisCluster, fault: Fault, primaryPort: number): Promise<number> {
  switch (fault) {
    case 'kill':
      cluster.testbed.kill(memberAt(primaryPort));
      return now();
    case 'hang':
      cluster.testbed.hang(memberAt(primaryPort));
      return now();
    case 'sentinelFailover':
      await cluster.testbed.forceFailover();
      return now();
    case 'none':
      return now();
  }
}

/** Resolves with its port when every Sentinel that runs names the same successor. */
export async function newPrimary(cluster: RedisCluster, oldPort: number): Promise<number> {
  let found: number | undefined;
  await until('the Sentinels agree on a successor', 60_000, async () => {
    const running = cluster.sentinelPorts.filter((port) => cluster.testbed.isRunning(memberAt(port)));
    const views = await Promise.all(
      running.map((port) => ask(port, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', cluster.name])),
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
  const old = memberAt(oldPort);
  if (fault === 'kill') await cluster.testbed.restart(old);
  if (fault === 'hang') cluster.testbed.resume(old);
  await until('the old primary obeys', 5000, async () => {
    await ask(oldPort, ['REPLICAOF', '127.0.0.1', String(successor)]);
    return true;
  });
  return settled(cluster);
}
