import { deepEqual, equal, ok } from 'node:assert/strict';
import { claimHolder, type TopologyDescription } from '@failover/core';
import type { Check } from './check.ts';
import type { Scene } from './scene.ts';
import type { OpenThings } from './tracked.ts';

/** ms for sockets to close after the last subscriber has left. */
const closeMs = 5_000;

async function allClose({ until }: Pick<Scene, 'until'>, open: OpenThings, since: string): Promise<void> {
  const isAllClosed = (): boolean =>
    open.discoveries + open.watches.size + open.timers + open.connections === 0;
  try {
    await until('everything is closed', isAllClosed, closeMs);
  } catch (cause) {
    const { discoveries, watches, timers, connections } = open;
    const left = `${discoveries} discoveries, ${watches.size} monitors, ${timers} timers, ${connections} connections`;
    throw new Error(`${since}, and yet open are ${left}`, { cause });
  }
}

export const topologyChecks: readonly Check[] = [
  {
    title: 'becomes steady, and names the primary that the servers themselves name',
    async run(scene) {
      await using watched = scene.watch();
      await scene.steady(watched.cluster);
      const seen: readonly string[] = [...watched.cluster.topology.servers.keys()];
      for (const member of scene.testbed.members) ok(seen.includes(member), `${member} is missing`);
    },
  },
  {
    title: 'gives each new subscriber the current topology at once',
    async run(scene) {
      await using watched = scene.watch();
      await scene.steady(watched.cluster);
      const seen: TopologyDescription[] = [];
      watched.cluster.topology$.subscribe((topology) => seen.push(topology)).unsubscribe();
      equal(seen.length, 1);
      equal(seen[0], watched.cluster.topology);
    },
  },
  {
    title: 'shares one monitor of each member among all subscribers',
    async run(scene) {
      await using watched = scene.watch();
      const { cluster, open } = watched;
      const others = [
        cluster.topology$.subscribe(),
        cluster.topology$.subscribe(),
        cluster.events$.subscribe(),
      ];
      await scene.steady(cluster);
      equal(open.watches.size, cluster.topology.servers.size);
      deepEqual([...new Set(open.watches.values())], [1]);
      ok(open.discoveries <= 1, `${open.discoveries} discoveries run`);
      for (const subscription of others) subscription.unsubscribe();
      equal(open.watches.size, cluster.topology.servers.size, 'some subscribers left, and monitors ended');
    },
  },
  {
    title: 'stops every monitor with the last subscriber, and starts again with the next',
    async run(scene) {
      const { cluster, open } = scene.create();
      await using _closed = cluster;
      for (let round = 0; round < 2; round += 1) {
        const subscription = cluster.topology$.subscribe();
        await scene.steady(cluster);
        subscription.unsubscribe();
        await allClose(scene, open, 'nobody subscribes');
      }
    },
  },
  {
    title: 'completes its streams and leaves no timer and no connection when it is closed',
    async run(scene) {
      const watched = scene.watch();
      const ends: string[] = [];
      const observer = { error: () => ends.push('error'), complete: () => ends.push('complete') };
      watched.cluster.topology$.subscribe(observer);
      watched.cluster.events$.subscribe(observer);
      await scene.steady(watched.cluster);
      await watched[Symbol.asyncDispose]();
      await watched.cluster[Symbol.asyncDispose]();
      deepEqual(ends, ['complete', 'complete']);
      await allClose(scene, watched.open, 'it is closed');
    },
  },
  {
    title: 'leaves nothing behind when it is closed while a member hangs',
    async run(scene) {
      const watched = scene.watch();
      const { claim } = await scene.steady(watched.cluster);
      await scene.during('hang', claimHolder(claim) ?? scene.testbed.members[0] ?? '', async () => {
        await scene.testbed.wait(1_000);
        await watched[Symbol.asyncDispose]();
        await allClose(scene, watched.open, 'it is closed');
      });
    },
  },
];
