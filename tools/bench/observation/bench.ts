import { performance } from 'node:perf_hooks';
import type { Observation, TopologyDescription } from '@failover/core';
import { defaultReduceLimits, emptyTopology, endpoint, reduce, target } from '@failover/core';
import type { Options } from '../options.ts';
import { seeded } from '../random.ts';
import { median } from '../report/statistics.ts';
import { table } from '../report/table.ts';
import type { Result } from '../report/write.ts';

const SIZES = [3, 100, 10_000] as const;
const ROUNDS = 15;

interface Summary {
  readonly servers: number;
  /** Median µs of an answer from a server that is up. */
  readonly unchangedUs: number;
  /** Median µs of a failure, and of the answer that heals it. */
  readonly changedUs: number;
}

/** The cost of one observation that changes nothing and of one that does, by the number of servers. */
export function observationBench(options: Options): Promise<Result> {
  const random = seeded(options.seed);
  const rounds = options.isQuick ? 5 : ROUNDS;
  const summaries = SIZES.map((servers): Summary => {
    const topology = crowd(servers);
    const at = (): number => Math.floor(random() * servers);
    const unchanged = (): void => {
      reduce(topology, answer(at(), 1), 2, defaultReduceLimits);
    };
    const changed = (): void => {
      reduce(
        topology,
        { type: 'serverFailed', server: nth(at()), openedAt: 2, reason: 'closed' },
        2,
        defaultReduceLimits,
      );
    };
    const times = servers > 1000 ? 300 : 20_000;
    return {
      servers,
      unchangedUs: median(Array.from({ length: rounds }, () => microseconds(unchanged, 200_000))),
      changedUs: median(Array.from({ length: rounds }, () => microseconds(changed, times))),
    };
  });
  console.log(
    table(
      ['servers', 'changes nothing, µs', 'changes a server, µs'],
      summaries.map((each) => [String(each.servers), each.unchangedUs.toFixed(3), each.changedUs.toFixed(2)]),
    ),
  );
  return Promise.resolve({
    bench: 'observation-core',
    seed: options.seed,
    quick: options.isQuick,
    settings: { rounds, sizes: SIZES },
    summaries,
    runs: [],
  });
}

function microseconds(act: () => void, times: number): number {
  const start = performance.now();
  for (let done = 0; done < times; done += 1) act();
  return ((performance.now() - start) * 1000) / times;
}

const names = Array.from({ length: 10_000 }, (_, at) => endpoint(`member-${at}:1`));

function nth(at: number): ReturnType<typeof endpoint> {
  const name = names[at];
  if (name === undefined) throw new RangeError(`there is no server ${at}`);
  return name;
}

function answer(at: number, openedAt: number): Observation {
  return { type: 'serverAnswered', server: nth(at), openedAt };
}

/** A leaderless target with so many peers, all up. */
function crowd(servers: number): TopologyDescription {
  const members = names.slice(0, servers).map((each) => ({ endpoint: each, kind: 'data' as const }));
  const observations: Observation[] = [
    { type: 'membersSeen', source: 'config', isFresh: true, members },
    { type: 'targetSeen', target: target('ring', 'peer') },
    ...members.map((_, at) => answer(at, 1)),
    ...members.map((each): Observation => ({
      type: 'roleSeen',
      server: each.endpoint,
      shard: 'ring',
      role: 'peer',
    })),
  ];
  return observations.reduce(
    (topology, observation) => reduce(topology, observation, 1, defaultReduceLimits).topology,
    emptyTopology('bench'),
  );
}
