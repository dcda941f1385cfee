import { describe, expect, it } from 'vitest';
import type {
  Effect,
  FailoverNews,
  Observation,
  TargetDescription,
  TopologyDescription,
} from '../model/index.ts';
import { emptyTopology, endpoint, target, targetId } from '../model/index.ts';
import { defaultReduceLimits, nextWake, reduce } from './index.ts';

const a = endpoint('a:1');
const b = endpoint('b:1');
const c = endpoint('c:1');
const main = targetId('main', 'primary');
const replicas = targetId('main', 'replica');
const limits = defaultReduceLimits;

interface World {
  readonly topology: TopologyDescription;
  readonly news: readonly FailoverNews[];
  readonly effects: readonly Effect[];
}

function play(start: TopologyDescription, ...steps: readonly (readonly [number, Observation])[]): World {
  return steps.reduce<World>(
    (world, [at, observation]) => {
      const next = reduce(world.topology, observation, at, limits);
      return {
        topology: next.topology,
        news: [...world.news, ...next.news],
        effects: [...world.effects, ...next.effects],
      };
    },
    { topology: start, news: [], effects: [] },
  );
}

const confirmed = (server: typeof a, epoch: readonly number[], openedAt = 1): Observation => ({
  type: 'claimSeen',
  target: main,
  server,
  ground: { type: 'confirmed', epoch },
  openedAt,
});
const provisional = (server: typeof a, namedAt: number, openedAt: number): Observation => ({
  type: 'claimSeen',
  target: main,
  server,
  ground: { type: 'provisional', namedAt },
  openedAt,
});
const named = (server: typeof a, namedAt: number): Observation => ({
  type: 'successorNamed',
  target: main,
  server,
  namedAt,
  by: 'a witness',
});
const failed = (server: typeof a, openedAt: number): Observation => ({
  type: 'serverFailed',
  server,
  openedAt,
  reason: 'closed',
});

function start(): TopologyDescription {
  return play(
    emptyTopology('toy'),
    [
      0,
      {
        type: 'membersSeen',
        source: 'seeds',
        isFresh: true,
        members: [a, b, c].map((server) => ({ endpoint: server, kind: 'data' as const })),
      },
    ],
    [0, { type: 'targetSeen', target: target('main', 'primary') }],
    [0, { type: 'targetSeen', target: target('main', 'replica') }],
    ...[a, b, c].map((server) => [1, { type: 'serverAnswered', server, openedAt: 1 }] as const),
    [1, { type: 'roleSeen', server: a, shard: 'main', role: 'primary' }],
    [1, { type: 'roleSeen', server: b, shard: 'main', role: 'replica' }],
    [2, confirmed(a, [0, 0])],
  ).topology;
}

function of(topology: TopologyDescription, id = main): TargetDescription {
  const found = topology.targets.get(id);
  if (found === undefined) throw new Error(`no target ${id}`);
  return found;
}

describe('the claim of a primary', () => {
  it('makes a target steady once it is confirmed', () => {
    expect(of(start())).toMatchObject({
      state: 'steady',
      claim: { type: 'confirmed', server: a },
      epoch: [0, 0],
    });
  });

  it('is believed without a number when the chosen successor itself says so on a connection opened since', () => {
    const { topology, effects } = play(start(), [10, named(b, 10)], [20, provisional(b, 10, 15)]);
    expect(of(topology)).toMatchObject({
      state: 'steady',
      claim: { type: 'provisional', server: b },
      epoch: [0, 0],
    });
    expect(effects).toEqual([
      { type: 'fenceLeases', target: main, server: a, reason: 'b:1 took over' },
      { type: 'drainHold', target: main },
    ]);
  });

  it('is not believed on a connection from before the choice: that answer may be an old one', () => {
    const { topology } = play(start(), [10, named(b, 10)], [20, provisional(b, 10, 9)]);
    expect(of(topology)).toMatchObject({ state: 'failing-over', claim: { server: a } });
  });

  it('that is provisional ends by its lease, and its successor is turned back at the old number', () => {
    const { topology, news } = play(
      start(),
      [10, named(b, 10)],
      [20, provisional(b, 10, 15)],
      [3019, { type: 'timePassed' }],
      [3020, { type: 'timePassed' }],
      // The others never heard of it: the old primary at the old number is valid again.
      [3030, provisional(b, 10, 3025)],
      [10_600, confirmed(a, [0, 0], 10_500)],
    );
    expect(of(topology)).toMatchObject({
      state: 'steady',
      claim: { type: 'confirmed', server: a },
      epoch: [0, 0],
    });
    expect(news.filter((each) => each.type === 'claimWithdrawn')).toHaveLength(1);
  });

  it('that is provisional becomes confirmed without a fence: its connections stay', () => {
    const before = play(start(), [10, named(b, 10)], [20, provisional(b, 10, 15)]);
    const after = play(before.topology, [700, confirmed(b, [0, 1], 15)]);
    expect(of(after.topology).fence).toBe(of(before.topology).fence);
    expect(of(after.topology)).toMatchObject({
      claim: { type: 'confirmed' },
      epoch: [0, 1],
      state: 'steady',
    });
    expect(after.effects).toEqual([]);
  });

  it('that is provisional is not shaken by witnesses who repeat the old primary, but by a newer number', () => {
    const before = play(start(), [10, named(b, 10)], [20, provisional(b, 10, 15)]);
    expect(play(before.topology, [30, confirmed(a, [0, 0])]).topology).toBe(before.topology);
    expect(of(play(before.topology, [30, confirmed(c, [0, 1])]).topology)).toMatchObject({
      claim: { type: 'confirmed', server: c },
    });
  });

  it('of a server that died before it could confirm its number is older than its successor when it comes back', () => {
    // Found by a simulation: b was promoted to 1 and died unconfirmed, c was chosen above 1, b came back with 1.
    const before = play(
      start(),
      [10, named(b, 10)],
      [20, provisional(b, 10, 15)],
      [900, failed(b, 16)],
      [2000, { ...named(c, 2000), above: [0, 1] } as Observation],
      [2100, provisional(c, 2000, 2050)],
    );
    expect(of(before.topology).claim).toMatchObject({ type: 'provisional', server: c });
    expect(of(play(before.topology, [2500, confirmed(b, [0, 1], 2400)]).topology).claim).toMatchObject({
      server: c,
    });
    expect(of(play(before.topology, [2500, confirmed(c, [0, 2], 2400)]).topology).claim).toMatchObject({
      type: 'confirmed',
      server: c,
    });
  });

  it('with an older number than the newest is stale evidence: told once, and nothing moves', () => {
    const world = play(
      start(),
      [10, confirmed(b, [0, 1])],
      [20, confirmed(a, [0, 0])],
      [21, confirmed(a, [0, 0])],
    );
    expect(of(world.topology).claim).toMatchObject({ server: b });
    expect(world.news.filter((each) => each.type === 'staleEvidence')).toHaveLength(1);
  });

  it('of two servers with one epoch is nobody’s: nothing is written to either', () => {
    const { topology, effects } = play(start(), [10, confirmed(b, [0, 0])]);
    expect(of(topology)).toMatchObject({ state: 'failing-over', claim: { type: 'none' } });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'fenceLeases', server: a }));
  });

  it('does not go back to the old primary while a successor is chosen, and does when the choice lapses', () => {
    const waiting = play(start(), [10, named(b, 10)], [20, confirmed(a, [0, 0], 1)]);
    expect(of(waiting.topology).state).toBe('failing-over');
    const lapsed = play(waiting.topology, [3010, { type: 'timePassed' }], [3011, confirmed(a, [0, 0], 1)]);
    expect(of(lapsed.topology)).toMatchObject({ state: 'steady', claim: { server: a } });
    expect(of(lapsed.topology).fence).toBe(of(waiting.topology).fence);
  });

  it('that was aborted by the witnesses goes back to the old primary', () => {
    const { topology } = play(
      start(),
      [10, named(b, 10)],
      [20, { type: 'claimWithdrawn', target: main, server: b, reason: 'aborted' }],
      [30, confirmed(a, [0, 0], 1)],
    );
    expect(of(topology)).toMatchObject({ state: 'steady', claim: { server: a } });
  });
});

describe('doubt', () => {
  it('holds new operations on silence and fences nothing, then ends with an answer on the same connection', () => {
    const silent = play(start(), [100, { type: 'serverSilent', server: a, openedAt: 1, forMs: 150 }]);
    expect(of(silent.topology).state).toBe('suspect');
    expect(silent.effects).toEqual([]);
    const healed = play(silent.topology, [5000, { type: 'serverAnswered', server: a, openedAt: 1 }]);
    expect(of(healed.topology).state).toBe('steady');
    expect(healed.effects).toEqual([{ type: 'drainHold', target: main }]);
  });

  it('never cuts a silent writer, however long it is silent', () => {
    const { effects } = play(
      start(),
      ...[150, 1150, 2150, 9000].map(
        (forMs) => [100 + forMs, { type: 'serverSilent', server: a, openedAt: 1, forMs }] as const,
      ),
    );
    expect(effects).toEqual([]);
  });

  it('after a failure ends only with a new claim, since the connection is gone', () => {
    const { topology } = play(
      start(),
      [100, failed(a, 1)],
      [110, { type: 'serverAnswered', server: a, openedAt: 105 }],
    );
    expect(of(topology).state).toBe('suspect');
    expect(of(play(topology, [111, confirmed(a, [0, 0], 105)]).topology).state).toBe('steady');
  });

  it('is not raised by a late error of an older connection', () => {
    const answered = play(start(), [50, { type: 'serverAnswered', server: a, openedAt: 40 }]);
    expect(play(answered.topology, [60, failed(a, 1)]).topology).toBe(answered.topology);
  });

  it('gives a target up after its time, and refuses at once from then on', () => {
    const { topology, effects } = play(start(), [100, failed(a, 1)], [20_100, { type: 'timePassed' }]);
    expect(of(topology).state).toBe('unavailable');
    expect(effects.at(-1)).toMatchObject({ type: 'refuseHold', target: main });
  });
});

describe('a target whose servers we choose ourselves', () => {
  it('is left at once when its only server is down, and served again when one answers', () => {
    const down = play(start(), [10, failed(b, 1)], [20, failed(b, 11)], [30, failed(b, 21)]);
    expect(of(down.topology, replicas).state).toBe('failing-over');
    expect(down.effects).toContainEqual(
      expect.objectContaining({ type: 'fenceLeases', target: replicas, server: b }),
    );
    const up = play(down.topology, [40, { type: 'serverAnswered', server: b, openedAt: 35 }]);
    expect(of(up.topology, replicas).state).toBe('steady');
  });

  it('fences a replica that becomes primary', () => {
    const { effects } = play(start(), [10, { type: 'roleSeen', server: b, shard: 'main', role: 'primary' }]);
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'fenceLeases', target: replicas, server: b }),
    );
  });
});

describe('membership', () => {
  it('keeps a member that another source lists, and a failed discovery removes nobody', () => {
    const begun = start();
    const { topology, news } = play(begun, [
      5,
      { type: 'discoveryFailed', source: 'seeds', reason: 'no answer' },
    ]);
    expect(topology).toBe(begun);
    expect(news).toHaveLength(1);
  });

  it('takes the claim from a primary that does not belong any more', () => {
    const { topology, effects } = play(start(), [
      10,
      { type: 'membersSeen', source: 'seeds', isFresh: true, members: [{ endpoint: b, kind: 'data' }] },
    ]);
    expect([...topology.servers.keys()]).toEqual([b]);
    expect(of(topology)).toMatchObject({ state: 'failing-over', claim: { type: 'none' } });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'fenceLeases', server: a }));
  });

  it('only adds from a list that is not fresh', () => {
    const begun = start();
    const { topology } = play(begun, [
      10,
      { type: 'membersSeen', source: 'seeds', isFresh: false, members: [] },
    ]);
    expect(topology).toBe(begun);
  });
});

describe('time', () => {
  it('is asked for only while something waits for it', () => {
    const steady = start();
    expect(nextWake(play(steady, [10, named(b, 10)]).topology, limits)).toBe(3010);
    const noReplicas = of(steady, replicas).state;
    expect(noReplicas).toBe('steady');
    expect(nextWake(steady, limits)).toBeUndefined();
  });
});

describe('the ranges of a target', () => {
  const ranges = (...seen: readonly (readonly [number, number])[]): Observation => ({
    type: 'rangesSeen',
    target: main,
    ranges: seen,
  });

  it('are kept and told when they change, and change nothing else', () => {
    const begun = start();
    const { topology, news, effects } = play(begun, [10, ranges([0, 9])], [20, ranges([0, 4], [8, 9])]);
    expect(of(topology)).toEqual({
      ...of(begun),
      ranges: [
        [0, 4],
        [8, 9],
      ],
    });
    expect(news).toEqual([
      { type: 'rangesChanged', target: main, ranges: [[0, 9]] },
      {
        type: 'rangesChanged',
        target: main,
        ranges: [
          [0, 4],
          [8, 9],
        ],
      },
    ]);
    expect(effects).toEqual([]);
  });

  it('are the same object when the same is seen again, and nobody hears of a target that is not known', () => {
    const { topology } = play(start(), [10, ranges([0, 9])]);
    expect(play(topology, [20, ranges([0, 9])]).topology).toBe(topology);
    const unknown = { ...ranges([0, 1]), target: targetId('other', 'primary') } as Observation;
    expect(play(topology, [20, unknown]).topology).toBe(topology);
  });

  it('that are none are told too', () => {
    const { topology, news } = play(start(), [10, ranges()]);
    expect(of(topology).ranges).toEqual([]);
    expect(news).toEqual([{ type: 'rangesChanged', target: main, ranges: [] }]);
  });
});
