import type { EndpointId, Observation, Report } from '@failover/core';
import { emptyTopology, endpoint, reduce, defaultReduceLimits, targetId } from '@failover/core';
import type { HashRange, TopologyDescription } from '@failover/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { redisConfig } from '../config.ts';
import type { ListedNode, RedisReply } from '../replies.ts';
import type { RulesState } from '../rules.ts';
import { rules } from '../rules.ts';

const at = (last: number): EndpointId => endpoint(`10.0.0.${last}:6379`);
const [a, b, c, d] = [at(1), at(2), at(3), at(4)];

/** One line of CLUSTER NODES: its id is its address, so that tests can be read. */
interface Line extends Partial<Omit<ListedNode, 'address' | 'id' | 'follows'>> {
  readonly of: EndpointId;
  readonly follows?: EndpointId;
}
const idOf = (server: EndpointId): string => `node${server.slice(7, 8)}`.padEnd(40, '0');
const shardOf = (server: EndpointId): string => `redis-${idOf(server).slice(0, 8)}`;
const primaryOf = (server: EndpointId) => targetId(shardOf(server), 'primary');

function nodesReply(self: EndpointId, lines: readonly Line[]): RedisReply {
  return {
    type: 'clusterNodes',
    nodes: lines.map(({ of, follows, ...rest }) => ({
      id: idOf(of),
      address: of,
      isMyself: of === self,
      health: 'fine',
      epoch: 0,
      slots: [],
      ...(follows === undefined ? {} : { follows: idOf(follows) }),
      ...rest,
    })),
  };
}

/** The rules and core's fold behind them, as in a cluster. */
function scene() {
  let state: RulesState = rules.init(redisConfig.parse({ cluster: [a] }));
  let topology: TopologyDescription = emptyTopology('redis');
  let news: readonly Observation[] = [];
  let now = 0;
  let wakeAt: number | undefined;
  const hear = (input: Report<RedisReply> | { readonly type: 'tick' }): readonly Observation[] => {
    const step = rules.step(state, input, now);
    ({ state, wakeAt } = { wakeAt: undefined, ...step });
    news = step.observations;
    for (const seen of news) topology = reduce(topology, seen, now, defaultReduceLimits).topology;
    return news;
  };
  const said = (server: EndpointId, reply: RedisReply) =>
    hear({ type: 'said', member: { endpoint: server, kind: 'data' }, openedAt: 0, reply });
  return {
    get state() {
      return state;
    },
    get news() {
      return news;
    },
    said,
    /** Until something is due, if anything is. */
    passTime() {
      if (wakeAt === undefined) return false;
      now = wakeAt;
      hear({ type: 'tick' });
      return true;
    },
    view: (self: EndpointId, ...lines: readonly Line[]) => said(self, nodesReply(self, lines)),
    role: (server: EndpointId, of?: EndpointId) =>
      said(server, {
        type: 'role',
        role:
          of === undefined
            ? { type: 'master', replicas: [], lagging: [] }
            : { type: 'slave', primary: of, isLinked: true },
      }),
    lost: (server: EndpointId) =>
      hear({ type: 'failed', member: { endpoint: server, kind: 'data' }, openedAt: 0, reason: 'closed' }),
    holder(shard: EndpointId) {
      const claim = topology.targets.get(primaryOf(shard))?.claim;
      return claim === undefined || claim.type === 'none' ? undefined : claim.server;
    },
    ranges: (shard: EndpointId) => topology.targets.get(primaryOf(shard))?.ranges,
    shards: () =>
      [...topology.targets.values()].flatMap(({ role, shard }) => (role === 'primary' ? [shard] : [])),
    servers: () => [...topology.servers.keys()].sort(),
    roleOf: (server: EndpointId) => topology.servers.get(server)?.role,
    seenShardOf: (server: EndpointId) => topology.servers.get(server)?.shard,
  };
}

const low: HashRange = [0, 8191];
const high: HashRange = [8192, 16_383];

let scn: ReturnType<typeof scene>;
beforeEach(() => {
  scn = scene();
});

/** A with its replica B, C with its replica D; each says so. */
function settle(): void {
  const lines: readonly Line[] = [
    { of: a, epoch: 1, slots: [low] },
    { of: b, epoch: 1, follows: a },
    { of: c, epoch: 2, slots: [high] },
    { of: d, epoch: 2, follows: c },
  ];
  for (const self of [a, b, c, d]) scn.view(self, ...lines);
  scn.role(a);
  scn.role(b, a);
  scn.role(c);
  scn.role(d, c);
}

/** What `winner` says after it was elected in place of `loser`. */
const elected = (winner: EndpointId, loser: EndpointId, epoch: number): void => {
  scn.view(
    winner,
    { of: winner, epoch, slots: [low] },
    { of: loser, epoch: 1, health: 'failed' },
    { of: c, epoch: 2, slots: [high] },
  );
};

describe('the shards of a Redis Cluster', () => {
  it('are targets of their own, called after the primary that each was first seen with', () => {
    settle();
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    expect([scn.holder(a), scn.holder(c)]).toEqual([a, c]);
    expect([scn.ranges(a), scn.ranges(c)]).toEqual([[low], [high]]);
    expect(scn.seenShardOf(d)).toBe(shardOf(c));
  });

  it('keep their name over a failover, over two, and over one back to the first primary', () => {
    settle();
    elected(b, a, 3);
    expect(scn.holder(a)).toBe(b);
    elected(a, b, 4);
    expect(scn.holder(a)).toBe(a);
    elected(b, a, 5);
    expect(scn.holder(a)).toBe(b);
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    expect(scn.ranges(a)).toEqual([low]);
  });

  it('ask the successor at once that a replaced primary names to a client', () => {
    const slots: readonly HashRange[] = [[0, 16_383]];
    scn.view(a, { of: a, epoch: 1, slots }, { of: b, follows: a });
    scn.view(b, { of: a, epoch: 1, slots }, { of: b, follows: a });
    const moved = (text: string) => scn.said(a, { type: 'errorReply', code: 'MOVED', text });
    expect(moved(`MOVED 5 ${b}`)).toEqual([
      { type: 'successorNamed', target: primaryOf(a), server: b, namedAt: 0, above: [0, 1], by: a },
    ]);
    // Of nobody who is known, of itself, and of one that is not primary.
    expect([moved(`MOVED 5 ${d}`), moved(`MOVED 5 ${a}`), moved('MOVED 5 ')]).toEqual([[], [], []]);
    expect(scn.said(b, { type: 'errorReply', code: 'MOVED', text: `MOVED 5 ${a}` })).toEqual([]);
    scn.view(b, { of: a, follows: b }, { of: b, epoch: 2, slots });
    expect(scn.holder(a)).toBe(b);
  });

  it('are not moved by an old primary that comes back with its old epoch', () => {
    settle();
    elected(b, a, 3);
    scn.view(a, { of: a, epoch: 1, slots: [low] }, { of: b, epoch: 1, follows: a });
    expect(scn.holder(a)).toBe(b);
    expect(scn.ranges(a)).toEqual([low]);
  });

  it('hold what they serve while their primary cannot be heard', () => {
    settle();
    scn.lost(a);
    scn.view(c, { of: c, epoch: 2, slots: [high] }, { of: a, epoch: 1, health: 'failed', slots: [low] });
    expect(scn.ranges(a)).toEqual([low]);
  });

  it('lose to a higher epoch what a primary served that cannot be heard any more', () => {
    settle();
    scn.lost(a);
    scn.view(c, { of: c, epoch: 6, slots: [[0, 16_383]] });
    expect(scn.ranges(a)).toEqual([]);
    expect(scn.ranges(c)).toEqual([[0, 16_383]]);
  });

  it('give a slot that two claim to the higher epoch', () => {
    settle();
    scn.view(c, { of: c, epoch: 5, slots: [[100, 200], high] });
    expect(scn.ranges(a)).toEqual([
      [0, 99],
      [201, 8191],
    ]);
    expect(scn.ranges(c)).toEqual([[100, 200], high]);
  });

  it('that lose all their slots keep their primary until it leaves', () => {
    settle();
    scn.view(a, { of: a, epoch: 1 }, { of: c, epoch: 5, slots: [[0, 16_383]] });
    expect(scn.ranges(a)).toEqual([]);
    expect(scn.holder(a)).toBe(a);
  });

  it('have no primary and no slots once that serves another as its replica, even unseen before', () => {
    settle();
    // Servers do that by themselves when the last slot went.
    scn.view(a, { of: a, epoch: 5, follows: c }, { of: c, epoch: 5, slots: [[0, 16_383]] });
    expect(scn.holder(a)).toBeUndefined();
    expect(scn.ranges(a)).toEqual([]);
    const before = scn.state;
    scn.view(a, { of: a, epoch: 5, follows: c }, { of: c, epoch: 5, slots: [[0, 16_383]] });
    expect(scn.state).toBe(before);
  });

  it('see a replica that migrates to another of them, though its role is the same', () => {
    settle();
    const lines: readonly Line[] = [
      { of: c, epoch: 2, slots: [high] },
      { of: b, epoch: 2, follows: c },
      { of: a, epoch: 1, slots: [low] },
    ];
    scn.view(b, ...lines);
    scn.role(b, c);
    expect(scn.seenShardOf(b)).toBe(shardOf(c));
    scn.view(b, { of: b, epoch: 7, slots: [high] }, { of: c, epoch: 2, health: 'failed' });
    expect(scn.holder(c)).toBe(b);
    expect(scn.holder(a)).toBe(a);
  });

  it('are not taken by a replica that left to be the primary of slots of its own', () => {
    settle();
    // D followed C; reset, it serves a part beside C, with an epoch above.
    const lines: readonly Line[] = [
      { of: d, epoch: 9, slots: [[16_000, 16_383]] },
      { of: c, epoch: 2, slots: [[8192, 15_999]] },
    ];
    scn.view(c, ...lines);
    scn.view(d, ...lines);
    expect(scn.holder(c)).toBe(c);
    expect(scn.ranges(c)).toEqual([[8192, 15_999]]);
    expect(scn.holder(d)).toBe(d);
    expect(scn.ranges(d)).toEqual([[16_000, 16_383]]);
  });

  it('are not moved by a node that was reset: it has no slots, and claims nothing', () => {
    settle();
    expect(scn.view(b, { of: b, epoch: 0 })).not.toContainEqual(
      expect.objectContaining({ type: 'claimSeen' }),
    );
    expect(scn.holder(a)).toBe(a);
  });
});

describe('a shard that is gone', () => {
  const e = at(5);
  const without: readonly Line[] = [
    { of: a, epoch: 1, slots: [low] },
    { of: b, epoch: 1, follows: a },
    { of: c, epoch: 3, slots: [high] },
    { of: d, epoch: 2, follows: c },
  ];
  const rest = [a, b, c, d] as const;

  beforeEach(() => {
    settle();
    const third: Line = { of: e, epoch: 3, slots: [[16_000, 16_383]] };
    const [first, second, , last] = without;
    const all = [first, second, { of: c, epoch: 2, slots: [[8192, 15_999]] as const }, last, third] as Line[];
    for (const self of [...rest, e]) scn.view(self, ...all);
    scn.role(e);
    expect(scn.shards()).toHaveLength(3);
  });

  it('goes once it was without slots for a while, and comes back with its next slots', () => {
    for (const self of [...rest, e]) scn.view(self, ...without, { of: e, epoch: 3 });
    expect(scn.shards()).toHaveLength(3);
    expect(scn.ranges(c)).toEqual([high]);
    expect(scn.passTime()).toBe(true);
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    expect(scn.passTime()).toBe(false);
    scn.view(e, ...without, { of: e, epoch: 3 });
    scn.role(e);
    expect(scn.roleOf(e)).toBe('unknown');
    const back: Line = { of: e, epoch: 4, slots: [[16_000, 16_383]] };
    for (const self of [...rest, e]) scn.view(self, ...without, back);
    scn.role(e);
    expect(scn.holder(e)).toBe(e);
    expect(scn.ranges(e)).toEqual([[16_000, 16_383]]);
    expect(scn.ranges(c)).toEqual([[8192, 15_999]]);
  });

  it('goes with what it served in our memory, when it is forgotten while it is down', () => {
    scn.lost(e);
    for (const self of rest) scn.view(self, ...without);
    expect(scn.passTime()).toBe(true);
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    expect(scn.ranges(c)).toEqual([high]);
    expect(scn.servers()).toEqual([...rest]);
  });

  it('goes though its node lives and does not know that it was forgotten', () => {
    for (const self of rest) scn.view(self, ...without);
    scn.passTime();
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    scn.view(e, ...without, { of: e, epoch: 9, slots: [low] });
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
    expect(scn.ranges(a)).toEqual([low]);
  });

  it('goes at once when the last of its nodes has left for another one', () => {
    scn.view(e, ...without, { of: e, epoch: 3, follows: c });
    expect(scn.shards()).toEqual([shardOf(a), shardOf(c)]);
  });

  it('stays for as long as one node names it with slots', () => {
    for (const self of [a, b, c]) scn.view(self, ...without);
    expect(scn.passTime()).toBe(false);
    expect(scn.shards()).toHaveLength(3);
  });

  it('is no reason to forget a replica that others know, but one that they forgot serves nobody', () => {
    const third: Line = { of: e, epoch: 3, slots: [[16_000, 16_383]] };
    for (const self of [a, b, c, e]) scn.view(self, ...without.slice(0, 3), third);
    expect(scn.roleOf(d)).toBe('replica');
    scn.passTime();
    expect(scn.servers()).toEqual([a, b, c, e]);
    // It may be watched on, since it stands in the configuration.
    scn.view(d, ...without);
    expect(scn.role(d, c)).toEqual([expect.objectContaining({ server: d, role: 'unknown' })]);
    expect(scn.role(d, c)).toEqual([]);
    expect(scn.roleOf(b)).toBe('replica');
  });
});

describe('a node under an address that the nodes do not use', () => {
  const alias = endpoint('localhost:6379');

  it('makes no claim, and teaches where the nodes are', () => {
    const seen = scn.said(alias, {
      ...(nodesReply(a, [{ of: a, epoch: 1, slots: [low] }]) as Extract<
        RedisReply,
        { type: 'clusterNodes' }
      >),
    });
    expect(seen.map(({ type }) => type)).not.toContain('claimSeen');
    expect(seen).toContainEqual(
      expect.objectContaining({ type: 'membersSeen', members: [{ endpoint: a, kind: 'data' }] }),
    );
    expect(scn.said(alias, { type: 'role', role: { type: 'master', replicas: [], lagging: [] } })).toEqual(
      [],
    );
    scn.view(a, { of: a, epoch: 1, slots: [low] });
    expect(scn.holder(a)).toBe(a);
  });
});

describe('the members of a Redis Cluster', () => {
  const members = () => scn.news.find((each) => each.type === 'membersSeen');
  const lines: readonly Line[] = [
    { of: a, slots: [low] },
    { of: b, follows: a },
    { of: c, slots: [high] },
  ];

  it('are fresh only when most of those that are listed were heard', () => {
    scn.view(a, ...lines);
    expect(members()).toMatchObject({
      isFresh: false,
      members: [a, b, c].map((each) => ({ endpoint: each })),
    });
    scn.view(b, ...lines);
    expect(members()).toMatchObject({ isFresh: true });
  });

  it('are not taken off by one node that was reset and knows nobody', () => {
    for (const self of [a, b, c]) scn.view(self, ...lines);
    scn.view(b, { of: b });
    expect(members()).toBeUndefined();
  });
});

describe('any sequence of views', () => {
  const servers = [a, b, c, d];
  const server = fc.constantFrom(...servers);
  const range = fc.constantFrom<HashRange>(low, high, [0, 99], [8000, 9000]);
  const line: fc.Arbitrary<Line> = fc.record(
    {
      of: server,
      follows: server,
      epoch: fc.integer({ min: 0, max: 5 }),
      slots: fc.array(range, { maxLength: 2 }),
      health: fc.constantFrom('fine' as const, 'failed' as const),
    },
    { requiredKeys: ['of', 'epoch', 'slots'] },
  );
  const step = fc.record({
    self: server,
    lines: fc.uniqueArray(line, { selector: ({ of }) => of, minLength: 1, maxLength: 4 }),
    isLost: fc.boolean(),
  });

  it('lets no older epoch take a shard', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = rules.init(redisConfig.parse({ cluster: [a] }));
        let topology = emptyTopology('redis');
        for (const { self, lines, isLost } of steps) {
          const member = { endpoint: self, kind: 'data' } as const;
          const report: Report<RedisReply> = isLost
            ? { type: 'failed', member, openedAt: 0, reason: 'closed' }
            : { type: 'said', member, openedAt: 0, reply: nodesReply(self, lines) };
          const heard = rules.step(state, report, 0);
          state = heard.state;
          for (const seen of heard.observations) {
            const before = topology.targets;
            topology = reduce(topology, seen, 0, defaultReduceLimits).topology;
            for (const [id, target] of topology.targets) {
              const epoch = before.get(id)?.epoch?.[1] ?? -1;
              expect(target.epoch?.[1] ?? -1).toBeGreaterThanOrEqual(epoch);
              if (target.claim.type !== 'confirmed') continue;
              expect(target.claim.epoch[1]).toBeGreaterThanOrEqual(epoch);
            }
          }
          // And it forgets nothing by hearing the same again.
          expect(rules.step(state, report, 0).state).toBe(state);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never leaves one slot with two shards', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        scn = scene();
        for (const { self, lines } of steps) scn.view(self, ...lines);
        const ranges = servers.flatMap((each) => scn.ranges(each) ?? []).sort(([x], [y]) => x - y);
        ranges.reduce((last, [from, to]) => {
          expect(from).toBeGreaterThan(last);
          return to;
        }, -1);
      }),
      { numRuns: 100 },
    );
  });
});
