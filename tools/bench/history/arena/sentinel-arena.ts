import type { Random } from '../../random.ts';
import { launch, type RedisCluster, settled } from '../../cluster/cluster.ts';
import { available } from '../../contender/all.ts';
import { type Prober, startProber } from '../../prober/prober.ts';
import { ask } from '../../wire/ask.ts';
import type { Arena, Entrant, Struck } from './arena.ts';
import { keepOnDisk } from './keep-on-disk.ts';
import { startAll } from './start-all.ts';
import { SENTINEL_FAULTS, type SentinelFault, strike } from './strike-sentinel.ts';
import { successionsOf } from './successions.ts';

/** The bare driver, and ours both ways. */
const CONTENDERS = ['ioredis', 'failover-in-process', 'failover-process'];
/** One that needs a second election takes half a minute: it comes more seldom, and not in a first figure. */
const FAULTS: readonly SentinelFault[] = SENTINEL_FAULTS.flatMap((fault) => {
  if (fault === 'leaderGone') return [fault];
  return new Array<SentinelFault>(fault === 'sentinelGone' ? 2 : 3).fill(fault);
});
/** Sentinel itself waits for 8 to 11 s before it demotes who came back: as in production, but not each time. */
const BY_SENTINEL_SHARE = 1 / 8;

/** Three servers and three Sentinels. */
export async function sentinelArena(isQuick: boolean): Promise<Arena> {
  const cluster = await launch();
  try {
    return arenaOf(cluster, await startProber(), await settled(cluster), isQuick);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function arenaOf(
  cluster: RedisCluster,
  prober: Prober,
  firstPort: number,
  isQuick: boolean,
): Promise<Arena> {
  await keepOnDisk(cluster.serverPorts);
  let primaryPort = firstPort;
  let count = 0;

  async function strikeOnce(fault: string, random: Random): Promise<Struck> {
    const probe = `probe:history:${count++}`;
    const demotion = !isQuick && random() < BY_SENTINEL_SHARE ? 'bySentinel' : 'byUs';
    prober.begin(cluster.serverPorts, probe);
    const struck = await strike(cluster, fault as SentinelFault, primaryPort, random, demotion);
    primaryPort = struck.newPort;
    const { sightings } = await prober.finish();
    await ask(primaryPort, ['UNLINK', probe]);
    const successions = successionsOf(struck, sightings);
    return {
      fault,
      at: struck.at,
      what: [struck.oldPort, ...successions.map(({ to }) => to)].join(' → '),
      successions: successions.map((succession) => ({ ...succession, owns: () => true })),
    };
  }

  return {
    faults: FAULTS,
    quickFaults: ['kill', 'hang', 'sentinelFailover'],
    enter: (only) =>
      startAll(
        available(only ?? CONTENDERS).map(({ name, isOurs, start }) => async (): Promise<Entrant> => {
          const { driver, [Symbol.asyncDispose]: dispose } = await start(cluster);
          return { name, isOurs, client: driver, [Symbol.asyncDispose]: dispose };
        }),
      ),
    strike: strikeOnce,
    locate: () => Promise.resolve(() => primaryPort),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
