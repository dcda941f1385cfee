import { describe, expect, it } from 'vitest';
import type { ListedNode } from '../replies.ts';
import { learnShards } from './shards.ts';
import type { Shards } from './shards.ts';

const node = (id: string, more: Partial<ListedNode> = {}): ListedNode => ({
  id,
  isMyself: false,
  health: 'fine',
  epoch: 1,
  slots: [],
  ...more,
});
const serving = (id: string, more: Partial<ListedNode> = {}) => node(id, { slots: [[0, 9]], ...more });
const none: Shards = new Map();
const learn = (shards: Shards, nodes: readonly ListedNode[], holders: readonly [string, string][] = []) =>
  learnShards(shards, nodes, 'c', new Map(holders));

describe('the names of shards', () => {
  it('are of primaries with slots, and of whoever follows one', () => {
    const shards = learn(none, [serving('aaaaaaaaaa'), node('b', { follows: 'aaaaaaaaaa' }), node('new')]);
    expect([...shards]).toEqual([
      ['aaaaaaaaaa', 'c-aaaaaaaa'],
      ['b', 'c-aaaaaaaa'],
    ]);
  });

  it('are two for two ids that begin alike', () => {
    const shards = learn(none, [serving('aaaaaaaa1'), serving('aaaaaaaa2')]);
    expect(new Set(shards.values()).size).toBe(2);
  });

  it('change for a replica on its own word only', () => {
    const known = learn(none, [serving('a'), serving('b'), node('r', { follows: 'a' })]);
    expect(learn(known, [node('r', { follows: 'b' })])).toBe(known);
    expect(learn(known, [node('r', { follows: 'b', isMyself: true })]).get('r')).toBe('c-b');
  });

  it('stay with a shard whose primary is replaced, and are new for a node that serves beside its primary', () => {
    const known = learn(none, [serving('a'), node('r', { follows: 'a' })]);
    const own = serving('r', { isMyself: true });
    expect(learn(known, [own, node('a')], [['c-a', 'a']])).toBe(known);
    expect(learn(known, [own, serving('a')], [['c-a', 'a']]).get('r')).toBe('c-r');
    // The primary itself stays who it is.
    expect(learn(known, [serving('a', { isMyself: true }), serving('r')], [['c-a', 'a']])).toBe(known);
  });
});
