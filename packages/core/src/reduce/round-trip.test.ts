import { describe, expect, it } from 'vitest';
import { emptyTopology, endpoint, target } from '../model/index.ts';
import type { Observation, TopologyDescription } from '../model/index.ts';
import { defaultReduceLimits, reduce } from './index.ts';

const [a, w] = [endpoint('a:1'), endpoint('w:1')];
const main = target('main', 'primary');

const play = (start: TopologyDescription, ...seen: readonly Observation[]) =>
  seen.reduce((topology, each) => reduce(topology, each, 100, defaultReduceLimits).topology, start);
const known = play(
  emptyTopology('toy'),
  { type: 'targetSeen', target: main },
  {
    type: 'membersSeen',
    source: 'x',
    isFresh: true,
    members: [
      { endpoint: a, kind: 'data' },
      { endpoint: w, kind: 'witness' },
    ],
  },
  { type: 'serverAnswered', server: a, openedAt: 1 },
  {
    type: 'claimSeen',
    target: main.id,
    server: a,
    ground: { type: 'confirmed', epoch: [1] },
    openedAt: 1,
  },
);
const took = (server: typeof a, roundTripMs: number): Observation => ({
  type: 'roundTripSeen',
  server,
  roundTripMs,
});

describe('the round trip of a server', () => {
  it('is kept, is no news, and the same again is the same description', () => {
    const { topology, news, effects } = reduce(known, took(a, 3), 100, defaultReduceLimits);
    expect(topology.servers.get(a)?.roundTripMs).toBe(3);
    expect([news, effects]).toEqual([[], []]);
    expect(play(topology, took(a, 3))).toBe(topology);
  });

  it('is kept of no witness, and of nobody who is not known', () => {
    expect(play(known, took(w, 3), took(endpoint('b:1'), 3))).toBe(known);
  });

  it('is no answer of its own: a doubt about the primary stays', () => {
    const doubted = play(
      known,
      { type: 'serverFailed', server: a, openedAt: 1, reason: 'closed' },
      { type: 'serverAnswered', server: a, openedAt: 1 },
    );
    expect(doubted.targets.get(main.id)?.state).toBe('suspect');
    expect(play(doubted, took(a, 3)).targets).toBe(doubted.targets);
  });
});
