import { endpoint } from '@failover/core';
import type { EndpointId, HashRange } from '@failover/core';
import { describe, expect, it } from 'vitest';
import type { ListedNode } from '../replies.ts';
import type { NodeViews } from './node-views.ts';
import type { Parting } from './parting.ts';
import { isStranger, nextParting, partingMs, seeParting, withoutParted } from './parting.ts';

type Line = Partial<Omit<ListedNode, 'id'>> & { readonly id: string };

const at = (id: string): EndpointId => endpoint(`${id}:1`);
const slots: readonly HashRange[] = [[0, 9]];
/** What each of them says: of itself and of all others, the same. */
const allSay = (tellers: readonly string[], ...lines: readonly Line[]): NodeViews =>
  new Map(
    tellers.map((self) => [
      at(self),
      lines.map((line) => ({
        address: at(line.id),
        isMyself: line.id === self,
        health: 'fine' as const,
        epoch: 1,
        slots: [],
        ...line,
      })),
    ]),
  );
const and = (...views: readonly NodeViews[]): NodeViews => new Map(views.flatMap((each) => [...each]));

const none: Parting = new Map();
/** A with replica B, C with replica D, and E. */
const shards = new Map([
  ['a', 'one'],
  ['b', 'one'],
  ['c', 'two'],
  ['d', 'two'],
  ['e', 'three'],
]);
const rest: readonly Line[] = [
  { id: 'a', slots },
  { id: 'b', follows: 'a' },
  { id: 'c', slots },
  { id: 'd', follows: 'c' },
];
const others = ['a', 'b', 'c', 'd'];
const partingIn = (views: NodeViews): readonly string[] => [...seeParting(none, shards, views, 7).keys()];

describe('who has no part in a cluster', () => {
  it('is nobody of a shard with slots, also while its primary is called failed', () => {
    expect(partingIn(allSay([...others, 'e'], ...rest, { id: 'e', slots }))).toEqual([]);
    expect(partingIn(allSay(others, ...rest, { id: 'e', slots, health: 'failed' }))).toEqual([]);
  });

  it('is a shard without slots: its primary, and who follows it', () => {
    expect(partingIn(allSay([...others, 'e'], ...rest, { id: 'e' }))).toEqual(['e']);
    const emptied: readonly Line[] = [
      { id: 'a' },
      { id: 'b', follows: 'a' },
      ...rest.slice(2),
      { id: 'e', slots },
    ];
    expect(partingIn(allSay([...others, 'e'], ...emptied))).toEqual(['a', 'b']);
  });

  it('is who is named by nobody else any more, whether it lives, was reset, or is gone', () => {
    const forgot = allSay(others, ...rest);
    expect(partingIn(forgot)).toEqual(['e']);
    expect(partingIn(and(forgot, allSay(['e'], ...rest, { id: 'e', slots })))).toEqual(['e']);
    expect(partingIn(and(forgot, allSay(['e'], { id: 'e' })))).toEqual(['e']);
    const noReplica = allSay(['a', 'c', 'e'], rest[0] as Line, ...rest.slice(2), { id: 'e', slots });
    expect(partingIn(and(noReplica, allSay(['b'], ...rest)))).toEqual(['b']);
  });

  it('is nobody that one of them still names', () => {
    const forgot = allSay(['a', 'b', 'c'], ...rest);
    expect(partingIn(and(forgot, allSay(['d'], ...rest, { id: 'e', slots })))).toEqual([]);
  });

  it('is nobody while most of them cannot be heard, or one alone speaks', () => {
    expect(partingIn(allSay(['a', 'b'], ...rest))).toEqual([]);
    expect(partingIn(allSay(['a'], rest[0] as Line))).toEqual([]);
    expect(partingIn(new Map())).toEqual([]);
  });

  it('is not told by two that know nothing of each other', () => {
    const two = new Map([...shards].filter(([id]) => id === 'a' || id === 'c'));
    const views = and(allSay(['a'], { id: 'a', slots }), allSay(['c'], { id: 'c', slots }));
    expect(seeParting(none, two, views, 7)).toBe(none);
  });

  it('is a stranger too that was never of a shard, until they know it', () => {
    const own = allSay(['f'], { id: 'f', slots }, ...rest);
    expect(isStranger('f', shards, and(allSay(others, ...rest), own))).toBe(true);
    expect(isStranger('f', shards, and(allSay(others, ...rest, { id: 'f' }), own))).toBe(false);
    expect(isStranger('f', new Map(), own)).toBe(false);
  });
});

describe('who parts', () => {
  const forgot = allSay(others, ...rest);

  it('is remembered for a while, from when it was seen first', () => {
    const first = seeParting(none, shards, forgot, 7);
    expect(seeParting(first, shards, forgot, 9)).toBe(first);
    expect(nextParting(first)).toBe(7 + partingMs);
    expect(withoutParted(shards, first, 6 + partingMs)).toBe(shards);
    expect([...withoutParted(shards, first, 7 + partingMs).keys()]).toEqual(others);
  });

  it('is known again from anew if it is named, or nobody can be asked', () => {
    const first = seeParting(none, shards, forgot, 7);
    expect(seeParting(first, shards, allSay(others, ...rest, { id: 'e', slots }), 9).size).toBe(0);
    expect(seeParting(first, shards, allSay(['a'], ...rest), 9).size).toBe(0);
    expect(nextParting(none)).toBeUndefined();
  });
});
