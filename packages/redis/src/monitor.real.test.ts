import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, EndpointId, FailoverEvent } from '@failover/core';
import { createCluster, targetId } from '@failover/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adapter } from './adapter.ts';
import { itemsOf, textOf } from './protocol/value.ts';
import { probeMasters } from './test-kit/probe-masters.ts';
import { untilWith } from './test-kit/until.ts';
import type { RedisTestbed } from './testing/index.ts';
import { launchCluster, launchReplication } from './testing/index.ts';

let bed: RedisTestbed;
let cluster: Cluster;
let events: FailoverEvent[];

async function follow(launched: RedisTestbed): Promise<EndpointId> {
  bed = launched;
  events = [];
  cluster = createCluster(adapter, adapter.config.parse(bed.config));
  cluster.events$.subscribe((event) => events.push(event));
  await until(() => primaryState() === 'steady' && replicas() === 2);
  const primary = await bed.primary();
  if (primary === undefined) throw new Error('the testbed has no primary');
  return primary;
}

const primaryTarget = () => cluster.topology.targets.get(targetId(bed.name, 'primary'));
const primaryState = () => primaryTarget()?.state;
const currentClaim = () => primaryTarget()?.claim;
const replicas = () =>
  [...cluster.topology.servers.values()].filter((server) => server.role === 'replica').length;
const acceptance = (old: EndpointId, strength: 'provisional' | 'confirmed') =>
  events.find(
    (event) => event.type === 'claimAccepted' && event.server !== old && event.strength === strength,
  );

const until = untilWith(() => events);

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

describe('following real Sentinels', () => {
  let primary: EndpointId;
  beforeEach(async () => {
    primary = await follow(await launchCluster({ downAfterMs: 1000 }));
  });

  it.each<[string, () => void | Promise<void>]>([
    ['was killed', () => bed.kill(primary)],
    ['hangs', () => bed.hang(primary)],
    ['was told to go by SENTINEL FAILOVER', () => bed.forceFailover()],
  ])('uses the successor as soon as it says master, when the primary %s', async (title, fault) => {
    using raw = probeMasters(bed.servers.filter((server) => server !== primary));
    await fault();
    await until(() => raw.seenAt.length > 0 && acceptance(primary, 'provisional') !== undefined);
    const acceptedAt = acceptance(primary, 'provisional')?.at ?? Infinity;
    const [firstAt = 0] = raw.seenAt;
    console.info(
      `${title}: accepted ${(acceptedAt - firstAt).toFixed(1)} ms after the raw prober's first ROLE master`,
    );
    // Usually one; the idle pace would let a hundred pass.
    expect(raw.seenAt.filter((at) => at < acceptedAt).length).toBeLessThan(15);
    await until(() => acceptance(primary, 'confirmed') !== undefined);
    expect(acceptance(primary, 'confirmed')).toMatchObject({ epoch: [0, 1] });
    expect(primaryState()).toBe('steady');
  });

  it('asks each server twice a second while all is well', async () => {
    const counts = () =>
      Promise.all(
        bed.servers.map(async (server) => {
          const text = textOf(await bed.ask(server, 'INFO', 'commandstats')) ?? '';
          return Number(/^cmdstat_role:calls=(\d+)/m.exec(text)?.[1] ?? 0);
        }),
      );
    const perSecond = async (): Promise<readonly number[]> => {
      const before = await counts();
      const startedAt = performance.now();
      await pause(5000);
      const seconds = (performance.now() - startedAt) / 1000;
      return (await counts()).map((count, at) => (count - (before[at] ?? 0)) / seconds);
    };
    // A machine that stops for a moment lets a server be doubted, and asked more often: not all is well then.
    const otherRates = async () => (await perSecond()).filter((rate) => rate < 1 || rate > 3);
    await expect.poll(otherRates).toEqual([]);
  });

  it('ends where the other Sentinels stand when the leading one dies right after the promotion', async () => {
    await bed.forceFailover();
    await until(() => acceptance(primary, 'provisional') !== undefined);
    bed.killSentinel('leading');
    // The others never heard of the promotion: either they turn the successor back, or they had heard just in time.
    await until(() => currentClaim()?.type === 'confirmed' && primaryState() === 'steady');
    const alive = bed.sentinels.find((sentinel) => bed.isRunning(sentinel)) ?? primary;
    const named = itemsOf(await bed.ask(alive, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', bed.name)) ?? [];
    expect(currentClaim()).toMatchObject({ type: 'confirmed', server: named.map(textOf).join(':') });
  });
});

describe('following real replication without Sentinels', () => {
  it('moves to the replica that an operator promoted', async () => {
    const primary = await follow(await launchReplication());
    const next = bed.servers.find((server) => server !== primary) ?? primary;
    bed.kill(primary);
    await until(() => primaryState() === 'suspect');
    await bed.ask(next, 'REPLICAOF', 'NO', 'ONE');
    await until(() => acceptance(primary, 'confirmed') !== undefined);
    expect(acceptance(primary, 'confirmed')).toMatchObject({ server: next, epoch: [0, 1] });
  });
});
