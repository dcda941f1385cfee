import { describe, expect, it } from 'vitest';
import { endpoint, type EndpointId } from '@failover/core';
import { parseClusterNodes } from './cluster-nodes.ts';
import type { ClusterView } from './shard-view.ts';
import { ownerOf, slotDisputes, type Claimant } from './slot-dispute.ts';

const nodes = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'].map((text) => endpoint(text));
const [a, b, c] = nodes as [EndpointId, EndpointId, EndpointId];
const table = (me: 'aa' | 'bb' | 'cc', slotsOfA: string, slotsOfB: string): string =>
  [
    `aa ${a}@9 master - 0 0 1 connected ${slotsOfA}`,
    `bb ${b}@9 master - 0 0 2 connected ${slotsOfB}`,
    `cc ${c}@9 slave aa 0 0 1 connected`,
  ]
    .map((line) => (line.startsWith(me) ? line.replace(/(master|slave)/, 'myself,$1') : line))
    .join('\n');
const view = (...tables: readonly string[]): ClusterView =>
  new Map(
    tables.map((text, at) => [
      nodes[at] as EndpointId,
      { type: 'node', isOk: true, role: { type: 'master', replicas: [] }, nodes: parseClusterNodes(text) },
    ]),
  );

describe('a dispute about a slot', () => {
  it('is none while all name one owner', () => {
    const calm = (me: 'aa' | 'bb' | 'cc') => table(me, '0-99', '100-16383');
    expect(slotDisputes(view(calm('aa'), calm('bb'), calm('cc')))).toEqual([]);
  });

  it('is one if an owner does not know that it has the slot, as the others say', () => {
    const others = (me: 'aa' | 'cc') => table(me, '0-99', '100-16383');
    const [dispute, ...more] = slotDisputes(
      view(others('aa'), table('bb', '0-99', '101-16383'), others('cc')),
    );
    expect(more).toEqual([]);
    expect(dispute?.slot).toBe(100);
    expect(dispute?.claimants).toEqual([
      { node: a, id: 'aa', claims: false, votes: 0, epoch: 1 },
      { node: b, id: 'bb', claims: false, votes: 2, epoch: 2 },
    ]);
  });

  it('is one if its move was begun and not ended', () => {
    const calm = (me: 'aa' | 'bb' | 'cc') => table(me, '0-99', '100-16383');
    const open = calm('bb').replace('100-16383', '100-16383 [7-<-aa]');
    expect(slotDisputes(view(calm('aa'), open, calm('cc'))).map(({ slot }) => slot)).toEqual([7]);
  });

  it('is left alone while somebody names a primary that does not run: its replica comes first', () => {
    const [, second, third] = ['', table('bb', '0-98', '99-16383'), table('cc', '0-99', '100-16383')];
    const withoutA = new Map([...view('', second, third)].slice(1));
    expect(slotDisputes(withoutA)).toEqual([]);
  });
});

describe('the owner of a disputed slot', () => {
  const claimant = (node: EndpointId, keys: number, changes: Partial<Claimant> = {}) => ({
    ...{ node, id: node, claims: false, votes: 0, epoch: 1, keys },
    ...changes,
  });

  it('is who has most of its keys', () => {
    const owner = ownerOf([claimant(a, 1, { claims: true, votes: 2, epoch: 9 }), claimant(b, 2)]);
    expect(owner?.node).toBe(b);
  });

  it('is, without keys, who says so, is named by most, and has the newest word', () => {
    expect(ownerOf([claimant(a, 0, { votes: 2 }), claimant(b, 0, { claims: true })])?.node).toBe(b);
    expect(ownerOf([claimant(a, 0, { votes: 2 }), claimant(b, 0, { votes: 3 })])?.node).toBe(b);
    expect(ownerOf([claimant(a, 0), claimant(b, 0, { epoch: 2 })])?.node).toBe(b);
    expect(ownerOf([])).toBeUndefined();
  });
});
