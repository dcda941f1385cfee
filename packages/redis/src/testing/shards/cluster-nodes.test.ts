import { describe, expect, it } from 'vitest';
import { parseClusterNodes } from './cluster-nodes.ts';

describe('CLUSTER NODES', () => {
  it('tells who has which slots, and who replicates whom', () => {
    const [primary, replica] = parseClusterNodes(
      [
        'aa 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460 5462 [5462->-bb] [9-<-cc]',
        'bb 127.0.0.1:7001@17001,name,shard-id=dd slave,fail? aa 5 6 1 connected',
        '',
      ].join('\n'),
    );
    expect(primary).toEqual({
      id: 'aa',
      address: '127.0.0.1:7000',
      flags: new Set(['myself', 'master']),
      primaryId: undefined,
      epoch: 1,
      slots: [
        [0, 5460],
        [5462, 5462],
      ],
      openSlots: [5462, 9],
    });
    expect(replica).toMatchObject({ address: '127.0.0.1:7001', primaryId: 'aa', slots: [] });
    expect(replica?.flags.has('fail?')).toBe(true);
  });

  it('has no address for a node that is met no more, nor for one that met nobody', () => {
    const nodes = parseClusterNodes(
      'aa :0@0 slave,noaddr bb 1 2 0 disconnected\nbb :7000@17000 myself,master - 0 0 0 connected',
    );
    expect(nodes.map(({ address }) => address)).toEqual([undefined, undefined]);
  });
});
