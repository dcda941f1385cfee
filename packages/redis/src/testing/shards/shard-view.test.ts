import { describe, expect, it } from 'vitest';
import { endpoint, type EndpointId } from '@failover/core';
import type { SeenRole } from '../inspect.ts';
import { parseClusterNodes } from './cluster-nodes.ts';
import type { SeenNode } from './inspect-node.ts';
import { clusterProblems, shardOf, shardsIn } from './shard-view.ts';

const [a, b, c] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'].map((text) => endpoint(text)) as [
  EndpointId,
  EndpointId,
  EndpointId,
];
const before =
  'aa A master - 0 0 1 connected 0-8191\nbb B master - 0 0 2 connected 8192-16383\ncc C slave aa';
const after =
  'aa A master,fail -\nbb B master - 0 0 2 connected 8192-16383\ncc C master - 0 0 3 connected 0-8191';

function says(table: string, role: SeenRole = { type: 'master', replicas: [] }): SeenNode {
  const addresses = { A: a, B: b, C: c };
  const text = table.replace(/\b[ABC]\b/g, (name) => `${addresses[name as 'A' | 'B' | 'C']}@9`);
  return { type: 'node', isOk: true, role, nodes: parseClusterNodes(text) };
}

const follows = (of: EndpointId, link = 'connected'): SeenRole => ({ type: 'slave', of, link });

describe('the shards as running nodes see them', () => {
  it('are what more than half of them say', () => {
    const shards = shardsIn(
      new Map([
        [a, says(before)],
        [b, says(before)],
        [c, says(after)],
      ]),
    );
    expect(shards).toEqual([
      { primary: a, primaryId: 'aa', replicas: [c], slots: [[0, 8191]] },
      { primary: b, primaryId: 'bb', replicas: [], slots: [[8192, 16383]] },
    ]);
    expect(shardOf(shards, 8191)?.primary).toBe(a);
  });

  it('leave out a slot on which they do not agree, and a primary that is called failed', () => {
    const split = new Map([
      [b, says(before)],
      [c, says(after)],
    ]);
    expect(shardsIn(split).map(({ primary }) => primary)).toEqual([b]);
    const failed = says(before.replace('A master', 'A master,fail'));
    expect(
      shardsIn(
        new Map([
          [b, failed],
          [c, failed],
        ]),
      ),
    ).toMatchObject([{ primary: b }]);
  });

  it('are settled once all agree and the replicas are linked', () => {
    const view = (replica: SeenNode) =>
      new Map([
        [a, says(before)],
        [b, says(before)],
        [c, replica],
      ]);
    expect(clusterProblems(view(says(before, follows(a))))).toEqual([]);
    expect(clusterProblems(view(says(before, follows(a, 'sync'))))).toEqual([`${c} has link sync`]);
    expect(clusterProblems(view(says(after)))).toContain(`${c} sees 8192 slots elsewhere`);
    expect(clusterProblems(view({ type: 'none', reason: 'hung' }))).toEqual([`${c} says nothing (hung)`]);
  });

  it('are not settled while a slot is with a node that does not run', () => {
    const view = new Map([
      [b, says(before)],
      [c, says(before, follows(a))],
    ]);
    expect(clusterProblems(view)).toEqual([`${a} does not run`]);
  });

  it('may be fewer than the primaries: one that gave its slots away still is one', () => {
    const emptied = 'aa A master - 0 0 1 connected\nbb B master - 0 0 2 connected 0-16383\ncc C slave aa';
    const view = new Map([
      [a, says(emptied)],
      [b, says(emptied)],
      [c, says(emptied, follows(a))],
    ]);
    expect(clusterProblems(view)).toEqual([]);
    expect(shardsIn(view)).toHaveLength(1);
  });
});
