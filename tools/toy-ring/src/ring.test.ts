import { createCluster, systemRuntime, type Cluster } from '@failover/core';
import { filter, firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { startRing } from './peer.ts';
import { adapter, echo } from './ring.ts';

const runtime = systemRuntime();

async function availability(cluster: Cluster, address: string, wanted: string): Promise<void> {
  await firstValueFrom(
    cluster.topology$.pipe(
      filter(({ servers }) =>
        [...servers].some(([at, { availability }]) => at === address && availability === wanted),
      ),
    ),
  );
}

it('answers through whichever peers are left when one dies and another hangs', async () => {
  await using ring = await startRing(3);
  const [first, second, third] = ring.peers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no ring');
  await using cluster = createCluster(adapter, adapter.config.parse({ peers: [first.address] }), { runtime });
  const staysOpen = cluster.topology$.subscribe();

  expect(await echo(cluster, runtime, 'hello')).toBe('hello');
  for (const peer of ring.peers) await availability(cluster, peer.address, 'up');

  second.hang();
  const whileOneHangs = Array.from({ length: 30 }, (_, at) => echo(cluster, runtime, `hang ${at}`));
  expect(await Promise.all(whileOneHangs)).toEqual(Array.from({ length: 30 }, (_, at) => `hang ${at}`));

  await first.die();
  const whileOneIsDead = Array.from({ length: 30 }, (_, at) => echo(cluster, runtime, `dead ${at}`));
  expect(await Promise.all(whileOneIsDead)).toEqual(Array.from({ length: 30 }, (_, at) => `dead ${at}`));

  await availability(cluster, first.address, 'down');
  await availability(cluster, second.address, 'down');
  const before = third.echoed.length;
  await Promise.all(Array.from({ length: 10 }, (_, at) => echo(cluster, runtime, `third ${at}`)));
  expect(third.echoed.length - before).toBe(10);
  staysOpen.unsubscribe();
}, 20_000);

it('names the field, the value and the cure when its config is wrong', () => {
  expect(() => adapter.config.parse({ peers: ['nowhere'] })).toThrow(
    /peers: "nowhere" is not an address.*Write peers:/,
  );
});
