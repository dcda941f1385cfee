import { describe, expect, it } from 'vitest';
import { createReplyDecoder } from '../../protocol/decode.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { itemsOf, textOf } from '../../protocol/value.ts';
import { readClusterNodes } from '../../read-reply.ts';
import type { ShownNode } from './cluster-face.ts';
import { answerCluster } from './cluster-face.ts';

const nodes: readonly ShownNode[] = [
  {
    host: 'redis-a',
    port: 6379,
    ranges: [
      [0, 99],
      [200, 200],
    ],
  },
  { host: 'redis-b', port: 6379, ranges: [[300, 16_383]] },
];
const ask = (text: string, resp: 2 | 3 = 2, shown = nodes) => {
  const reply = answerCluster(
    text.split(' ').map((word) => Buffer.from(word)),
    shown,
    resp,
  );
  return reply === undefined ? undefined : createReplyDecoder().feed(reply)[0];
};

describe('what we say of the cluster that we stand for', () => {
  it('lists the slots of each node', () => {
    const rows = (itemsOf(ask('CLUSTER SLOTS')) ?? []).map((row) => {
      const [from, to, node] = itemsOf(row) ?? [];
      return [textOf(from), textOf(to), textOf(itemsOf(node)?.[0])];
    });
    expect(rows.map((row) => row[2])).toEqual(['redis-a', 'redis-a', 'redis-b']);
    expect(rows).toHaveLength(3);
  });

  it('lists replicas behind their primary, where they are shown', () => {
    const shown = nodes.map((node) => ({ ...node, replicas: `${node.host}-replicas` }));
    const [row] = itemsOf(ask('CLUSTER SLOTS', 2, shown)) ?? [];
    const hosts = (itemsOf(row) ?? []).slice(2).map((node) => textOf(itemsOf(node)?.[0]));
    expect(hosts).toEqual(['redis-a', 'redis-a-replicas']);
  });

  it('lists nodes as we ourselves read them of a real one', () => {
    const reply = ask('cluster nodes');
    if (reply === undefined) throw new Error('no answer');
    expect(readClusterNodes(reply)).toMatchObject({
      nodes: [
        { address: 'redis-a:6379', isMyself: true, slots: nodes[0]?.ranges },
        { address: 'redis-b:6379', isMyself: false, slots: nodes[1]?.ranges },
      ],
    });
  });

  it('gives each node the same id, wherever it stands', () => {
    const idOf = (shown: readonly ShownNode[]) => textOf(ask('CLUSTER MYID', 2, shown));
    expect(idOf(nodes)).toMatch(/^[0-9a-f]{40}$/);
    expect(idOf(nodes.slice(1))).not.toBe(idOf(nodes));
    expect(idOf([...nodes.slice(0, 1)])).toBe(idOf(nodes));
  });

  it('has maps in RESP3 and lists in RESP2', () => {
    expect(itemsOf(ask('CLUSTER SHARDS', 3))?.[0]?.type).toBe('map');
    expect(itemsOf(ask('CLUSTER SHARDS', 2))?.[0]?.type).toBe('array');
  });

  it('is well only if each slot is served', () => {
    expect(textOf(ask('CLUSTER INFO'))).toContain('cluster_state:fail');
    const whole = [{ host: 'a', port: 1, ranges: [[0, 16_383]] as const }];
    expect(textOf(ask('CLUSTER INFO', 2, whole))).toContain('cluster_state:ok');
  });

  it('knows the slot of a key, and the right number of words', () => {
    expect(ask('CLUSTER KEYSLOT foo')).toMatchObject({ value: keySlot(Buffer.from('foo')) });
    expect(ask('CLUSTER KEYSLOT')).toMatchObject({ type: 'error' });
  });

  it('says nothing of what only a node itself can do', () => {
    expect(ask('CLUSTER FAILOVER')).toBeUndefined();
    expect(ask('CLUSTER')).toBeUndefined();
  });
});
