import { endpoint } from '@failover/core';
import { describe, expect, it } from 'vitest';
import type { ListedNode } from '../replies.ts';
import { isAlias, listingOf } from './node-views.ts';

const [a, b, local] = [endpoint('10.0.0.1:1'), endpoint('10.0.0.2:1'), endpoint('localhost:1')];
const node = (id: string, more: Partial<ListedNode> = {}): ListedNode => ({
  id,
  isMyself: false,
  health: 'fine',
  epoch: 1,
  slots: [],
  ...more,
});

describe('an alias', () => {
  it('is an address that the node itself does not use', () => {
    const own = [node('a', { isMyself: true, address: a })];
    expect(isAlias(new Map([[local, own]]), local)).toBe(true);
    expect(isAlias(new Map([[a, own]]), a)).toBe(false);
  });

  it('is told by other nodes, if the node does not know its own address', () => {
    const own = [node('a', { isMyself: true })];
    expect(isAlias(new Map([[local, own]]), local)).toBe(false);
    const other = [node('b', { isMyself: true, address: b }), node('a', { address: a })];
    expect(
      isAlias(
        new Map([
          [local, own],
          [b, other],
        ]),
        local,
      ),
    ).toBe(true);
  });

  it('is none of a node that was not heard', () => {
    expect(isAlias(new Map(), a)).toBe(false);
  });
});

describe('the list of members', () => {
  const both = [node('a', { address: a, isMyself: true }), node('b', { address: b }), node('c')];
  const none = new Map<string, string>();

  it('has each address that any node lists, in a stable order', () => {
    expect(listingOf(new Map([[a, both]]), none).members.map((member) => member.endpoint)).toEqual([a, b]);
  });

  it('is fresh once most of them were heard', () => {
    expect(listingOf(new Map([[a, both]]), none).isFresh).toBe(false);
    expect(
      listingOf(
        new Map([
          [a, both],
          [b, both],
        ]),
        none,
      ).isFresh,
    ).toBe(true);
  });

  it('is that of nodes of shards, once one was heard: who was forgotten still lists itself', () => {
    const views = new Map([
      [a, [node('a', { address: a, isMyself: true })]],
      [b, [node('b', { address: b, isMyself: true }), node('a', { address: a })]],
    ]);
    const { members } = listingOf(views, new Map([['a', 'shard']]));
    expect(members.map((member) => member.endpoint)).toEqual([a]);
  });
});
