import { now, pause, until, within } from '../../clock.ts';
import { memberAt, type RedisCluster, settled } from '../../cluster/cluster.ts';
import { newPrimary } from '../../cluster/fault.ts';
import type { Random } from '../../random.ts';
import { ask } from '../../wire/ask.ts';

export type SentinelFault = 'kill' | 'hang' | 'restart' | 'sentinelFailover' | 'sentinelGone' | 'leaderGone';
export const SENTINEL_FAULTS: readonly SentinelFault[] = [
  'kill',
  'hang',
  'restart',
  'sentinelFailover',
  'sentinelGone',
  'leaderGone',
];

/** Who turns a primary that came back into a replica. */
export type Demotion = 'bySentinel' | 'byUs';

/** ms that the successor serves alone before what was broken comes back. */
const ALONE_MS = 1500;
/** ms that an old primary claims its role before we demote it. */
const CLAIMING_MS = 750;
/** ms until a forced failover that all Sentinels know of is none: its own timeout is 5 s. */
const TURNED_BACK_MS = 12_000;

export interface StruckPrimary {
  readonly fault: SentinelFault;
  readonly at: number;
  readonly oldPort: number;
  /** The primary when all was settled again. */
  readonly newPort: number;
}

/**
 * One fault and its healing. A killed or hung primary comes back and claims to be one until Sentinel turns it into
 * a replica 8 to 11 s later, as in production, or we do after a while.
 */
export async function strike(
  cluster: RedisCluster,
  fault: SentinelFault,
  oldPort: number,
  random: Random,
  demotion: Demotion,
): Promise<StruckPrimary> {
  const { testbed } = cluster;
  const old = memberAt(oldPort);
  let at = now();
  switch (fault) {
    case 'kill':
      testbed.kill(old);
      await newPrimary(cluster, oldPort);
      await pause(ALONE_MS);
      await testbed.restart(old);
      break;
    case 'hang':
      testbed.hang(old);
      await newPrimary(cluster, oldPort);
      await pause(ALONE_MS);
      testbed.resume(old);
      break;
    case 'restart':
      await testbed.restart(old);
      break;
    case 'sentinelFailover':
      await testbed.forceFailover();
      // Sentinels may turn it back: then all agree on the old primary for good.
      if ((await within(TURNED_BACK_MS, switched(cluster, oldPort))) === undefined)
        return { fault, at, oldPort, newPort: await settled(cluster) };
      break;
    case 'sentinelGone': {
      const sentinel = testbed.killSentinel('any');
      await pause(random() * 1000);
      at = now();
      testbed.kill(old);
      await newPrimary(cluster, oldPort);
      await pause(ALONE_MS);
      await Promise.all([testbed.restart(old), testbed.restart(sentinel)]);
      break;
    }
    case 'leaderGone': {
      const elected = nextElection(cluster);
      testbed.kill(old);
      await elected;
      // Before or after it has chosen, promoted or told: 0.3 s lie between the election and the promotion.
      await pause(random() * 500);
      const sentinel = testbed.killSentinel('leading');
      await newPrimary(cluster, oldPort);
      await pause(ALONE_MS);
      await Promise.all([testbed.restart(old), testbed.restart(sentinel)]);
    }
  }
  if (demotion === 'byUs' && fault !== 'restart') {
    await pause(CLAIMING_MS);
    await ask(oldPort, ['REPLICAOF', '127.0.0.1', String(await newPrimary(cluster, oldPort))]);
  }
  return { fault, at, oldPort, newPort: await settled(cluster) };
}

async function nextElection(cluster: RedisCluster): Promise<void> {
  let isElected = false;
  const stop = cluster.testbed.onSentinelEvent(({ event }) => {
    isElected ||= event === '+elected-leader';
  });
  try {
    await until('a Sentinel is elected', 30_000, () => Promise.resolve(isElected), 5);
  } finally {
    stop();
  }
}

const switched = (cluster: RedisCluster, oldPort: number): Promise<number | undefined> =>
  newPrimary(cluster, oldPort).catch(() => undefined);
