import { filter, merge, take } from 'rxjs';
import { systemRuntime, type Runtime } from '@failover/core';
import type { ProxyConfig } from '../config/index.ts';
import { showMs } from '../duration.ts';
import { readiness } from '../readiness.ts';
import { untilServed, type Followed } from '../process/until-served.ts';
import { exitCode } from './exit-code.ts';
import { follow } from './follow.ts';
import { topologyText } from './topology-text.ts';

/** Connects as the process would, prints what it finds, and leaves. */
export async function check(config: ProxyConfig, ms: number, print: (line: string) => void): Promise<number> {
  const runtime = systemRuntime();
  await using following = follow(config, runtime);
  const { clusters } = following;
  const served = await untilServed(clusters, { runtime, ms });
  await untilAllAsked(clusters, runtime);
  for (const { name, cluster } of clusters)
    for (const line of topologyText(name, cluster.topology)) print(line);
  if (served) {
    print('ok: the config is right, and every target in use has a server');
    return exitCode.ok;
  }
  const views = clusters.map(({ name, roles, cluster }) => ({ name, roles, topology: cluster.topology }));
  print(`the config is right, but after ${showMs(ms)} nobody serves:`);
  for (const { cluster, target, reason } of readiness('running', views).reasons) {
    print(`  ${[cluster, target, reason].filter((part) => part !== undefined).join(': ')}`);
  }
  return exitCode.unreachable;
}

/** ms for those who are slower than the first: the picture shall not depend on who answered first. */
const graceMs = 1000;

function untilAllAsked(clusters: readonly Followed[], runtime: Runtime): Promise<void> {
  const asked$ = merge(...clusters.map(({ cluster }) => cluster.topology$)).pipe(
    filter(() =>
      clusters.every(({ cluster }) =>
        [...cluster.topology.servers.values()].every(({ availability }) => availability !== 'unknown'),
      ),
    ),
    take(1),
  );
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      subscription.unsubscribe();
      resolve();
    };
    const cancel = runtime.after(graceMs, finish);
    const subscription = asked$.subscribe({ complete: () => queueMicrotask(finish) });
  });
}
