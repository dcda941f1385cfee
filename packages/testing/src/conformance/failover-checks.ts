import { equal, notEqual } from 'node:assert/strict';
import { claimHolder, compareEpoch, type Cluster, type TargetDescription } from '@failover/core';
import type { Check } from './check.ts';
import type { Scene } from './scene.ts';

const availabilityOf = (cluster: Cluster, member: string): string | undefined =>
  [...cluster.topology.servers.values()].find(({ endpoint }) => endpoint === member)?.availability;

/** A backend with a leader: another one takes over, and it is followed. */
async function followsSuccessor<C, R, S>(scene: Scene<C, R, S>, type: 'kill' | 'hang'): Promise<void> {
  await using watched = scene.watch();
  const { cluster } = watched;
  const before = await scene.steady(cluster);
  const old = claimHolder(before.claim);
  let after: TargetDescription | undefined;
  await scene.during(type, old ?? '', async () => {
    await scene.until('another primary', async () => {
      const primary = await scene.testbed.primary?.();
      return primary !== undefined && primary !== old;
    });
    after = await scene.steady(cluster);
  });
  notEqual(claimHolder(after?.claim ?? before.claim), old);
  const healed = await scene.steady(cluster);
  await scene.until(`${old} is up again`, () => availabilityOf(cluster, old ?? '') === 'up');
  const { epoch = [] } = cluster.topology.targets.get(before.id) ?? healed;
  equal(compareEpoch(epoch, before.epoch ?? []) >= 0, true, 'the epoch went back');
}

/** A backend without one: the others go on, and the one is no longer used. */
async function goesOnWithoutOne<C, R, S>(scene: Scene<C, R, S>, type: 'kill' | 'hang'): Promise<void> {
  await using watched = scene.watch();
  const { cluster } = watched;
  const { id } = await scene.steady(cluster);
  const [member = ''] = scene.testbed.members;
  await scene.until(`${member} is up`, () => availabilityOf(cluster, member) === 'up');
  await scene.during(type, member, async () => {
    await scene.until(`${member} is down`, () => availabilityOf(cluster, member) === 'down');
    equal(cluster.topology.targets.get(id)?.state, 'steady');
  });
  await scene.until(`${member} is up again`, () => availabilityOf(cluster, member) === 'up');
}

const check = (type: 'kill' | 'hang', title: string): Check => ({
  title,
  run: (scene) =>
    scene.testbed.primary === undefined ? goesOnWithoutOne(scene, type) : followsSuccessor(scene, type),
});

export const failoverChecks: readonly Check[] = [
  check('kill', 'follows the successor of a primary that was killed, or goes on without a killed peer'),
  check('hang', 'follows the successor of a primary that hangs, or goes on without a hung peer'),
];
