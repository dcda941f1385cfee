import type { Cluster, EndpointId, GatewaySession } from '@failover/core';
import { claimHolder, createCluster, endpoint, nearest, targetId } from '@failover/core';
import { afterEach, describe, expect, it } from 'vitest';
import { adapter } from '../adapter.ts';
import type { RedisOptions } from '../config.ts';
import type { VirtualTestbed } from '../testing/embedded/launch-virtual.ts';
import { launchVirtual } from '../testing/embedded/launch-virtual.ts';
import { openGateway } from './open-gateway.ts';
import { command } from './test-kit/bench-top.ts';
import { duplexPair } from './test-kit/duplex-pair.ts';

/** A reader on the listener for replicas, before doubles in virtual time. */
interface Reading {
  readonly bed: VirtualTestbed;
  readonly cluster: Cluster;
  readonly primary: EndpointId;
  /** The two replicas. */
  readonly near: EndpointId;
  readonly far: EndpointId;
  /** Who answers the next readers; a reader that is refused gets its error. */
  servedBy(count?: number): Promise<ReadonlySet<string>>;
  /** Begins to read, and does not wait. */
  read(): Promise<string>;
}

let opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.reverse()) await each[Symbol.asyncDispose]();
  opened = [];
});

async function read(options: Partial<RedisOptions> = {}, seed = 3): Promise<Reading> {
  const bed = await launchVirtual({ seed });
  const { runtime } = bed;
  const config = adapter.config.parse({ ...bed.config, downAfterMs: 1000, ...options });
  const cluster = createCluster(adapter, config, { runtime, hold: { windowMs: config.holdMs } });
  const session: GatewaySession = openGateway(adapter, cluster, config, runtime, { flush: 'now' });
  opened.push(bed, cluster, session);
  // Each tells its own name as the value of a setting.
  for (const server of bed.servers) await bed.until(bed.ask(server, 'CONFIG', 'SET', 'save', server));
  const primary = await bed.until(bed.primary());
  const [near, far] = bed.servers.filter((server) => server !== primary);
  if (primary === undefined || near === undefined || far === undefined) throw new Error('no replication');

  const [client, ours] = duplexPair();
  const answers: ((text: string) => void)[] = [];
  client.on('data', (chunk: Buffer) => answers.shift()?.(chunk.toString()));
  const drain = new AbortController().signal;
  void session.serve(ours, { role: 'replica', address: 'test', reachedAt: endpoint('127.0.0.1:1'), drain });
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      answers.push((text) => {
        // What was set is gone when it starts again.
        resolve(/10\.0\.0\.\d:6379|^-.*/m.exec(text)?.[0] ?? 'restarted');
      });
      client.write(command('CONFIG', 'GET', 'save'));
    });
  return {
    bed,
    cluster,
    primary,
    near,
    far,
    read: ask,
    async servedBy(count = 6) {
      const served = new Set<string>();
      for (let left = count; left > 0; left -= 1) served.add(await bed.until(ask()));
      return served;
    },
  };
}

/** What makes a replica far: its answers come later, to us and to everybody. */
const slow = { type: 'slow', ms: 20 } as const;
/** ms until half of the last round trips are new ones, and until the servers are found. */
const measuredMs = 6000;

describe('readers on replicas', { timeout: 60_000 }, () => {
  it('[37] take turns between two that are equally near', async () => {
    const { bed, near, far, servedBy } = await read();
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set([near, far]));
  });

  it('[37] leave one that became far, and use it again when it is near', async () => {
    const { bed, near, far, servedBy } = await read();
    await bed.runtime.advance(measuredMs);
    const heal = bed.runtime.network.fault(far, slow);
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set([near]));
    heal();
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set([near, far]));
  });

  it('[37] use the far one when the near one dies, and before the primary', async () => {
    const { bed, near, far, servedBy } = await read();
    bed.runtime.network.fault(far, slow);
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set([near]));
    bed.kill(near);
    expect(await servedBy()).toEqual(new Set([far]));
    await bed.until(bed.restart(near));
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set(['restarted']));
  });

  it('[37] use all replicas in turn if that is wanted, however far', async () => {
    const { bed, near, far, servedBy } = await read({ replicaPreference: 'any' });
    bed.runtime.network.fault(far, slow);
    await bed.runtime.advance(measuredMs);
    expect(await servedBy()).toEqual(new Set([near, far]));
  });

  it('[37] use the primary while there is no replica, for as long as that is', async () => {
    const { bed, near, far, primary, servedBy } = await read();
    await bed.runtime.advance(measuredMs);
    for (const each of [near, far]) bed.kill(each);
    expect(await servedBy()).toEqual(new Set([primary]));
    await bed.runtime.advance(120_000);
    expect(await servedBy()).toEqual(new Set([primary]));
  });

  it('[37] use a primary that was elected while they waited for anybody at all', async () => {
    const { bed, cluster, near, far, primary, read: ask } = await read({ staleReplicaMs: 1 });
    await bed.runtime.advance(measuredMs);
    bed.kill(far);
    bed.kill(primary);
    await bed.runtime.advance(800);
    let answer: string | undefined;
    void ask().then((text) => (answer = text));
    await bed.runtime.advance(100);
    expect(answer).toBeUndefined();
    // The only replica is promoted, so that no replica is left.
    await bed.runtime.until(() => {
      const target = cluster.topology.targets.get(targetId('mymaster', 'primary'));
      return target?.state === 'steady' && claimHolder(target.claim) === near;
    }, 30_000);
    await bed.runtime.advance(100);
    expect(answer).toBe(near);
  });

  it('[37] wait for a replica with the fallback none, and go on with it', async () => {
    const { bed, near, far, read: ask } = await read({ replicaFallback: 'none' });
    await bed.runtime.advance(measuredMs);
    for (const each of [near, far]) bed.kill(each);
    let answer: string | undefined;
    void ask().then((text) => (answer = text));
    await bed.runtime.advance(5000);
    expect(answer).toBeUndefined();
    await bed.until(bed.restart(near));
    await bed.runtime.until(() => answer !== undefined, 5000);
    expect(answer).toBe('restarted');
  });
});

describe('two replicas that are equally near', { timeout: 60_000 }, () => {
  it.each([1, 2, 3])('do not change places while their answers come irregularly, seed %i', async (seed) => {
    const { bed, cluster, near, far } = await read({}, seed);
    const { runtime } = bed;
    // Up to 3 ms more or less than 5, each way, for each answer anew.
    const jitter = (): void => {
      for (const each of [near, far])
        runtime.network.fault(each, { type: 'slow', ms: 2 + 6 * runtime.random() });
      runtime.after(100, jitter);
    };
    jitter();
    await runtime.advance(15_000);
    const replicas = targetId('mymaster', 'replica');
    let published = 0;
    let alone = 0;
    const subscription = cluster.topology$.subscribe((topology) => {
      published += 1;
      const target = topology.targets.get(replicas);
      const pick = target && nearest.compile(topology, target);
      if (pick === undefined || new Set([pick(0), pick(1)]).size < 2) alone += 1;
    });
    await runtime.advance(120_000);
    subscription.unsubscribe();
    expect(alone).toBe(0);
    // Two servers were asked 480 times.
    expect(published).toBeLessThan(30);
  });
});
