import type { HashRange, TopologyDescription } from '@failover/core';
import { emptyTopology, endpoint, targetId } from '@failover/core';
import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createSlotMap } from './slot-map.ts';

const server = endpoint('10.0.0.1:6379');

function topologyOf(shards: Readonly<Record<string, readonly HashRange[]>>): TopologyDescription {
  const empty = emptyTopology('redis');
  const targets = Object.entries(shards).map(([shard, ranges]) => {
    const id = targetId(shard, 'primary');
    const target = { id, shard, role: 'primary', state: 'steady', since: 0, fence: 0 } as const;
    return [id, { ...target, claim: { type: 'none' } as const, ranges }] as const;
  });
  return {
    ...empty,
    targets: new Map(targets),
    servers: empty.servers.with(server, { endpoint: server, shard: 'a' } as never),
  };
}

const mapOf = (shards: Readonly<Record<string, readonly HashRange[]>>) => {
  const topology$ = new BehaviorSubject(topologyOf(shards));
  return { topology$, slots: createSlotMap({ topology$ }, new Map([[endpoint('inner:1'), server]])) };
};

describe('the map of slots', () => {
  it('tells who serves a slot, and nobody of one that nobody serves', () => {
    const { slots } = mapOf({ a: [[0, 99]], b: [[100, 16_383]], c: [] });
    expect([slots.shardOf(99), slots.shardOf(100), slots.shardOf(16_383)]).toEqual(['a', 'b', 'b']);
    expect(slots.serving()).toEqual(['a', 'b']);
    expect(mapOf({ a: [[1, 1]] }).slots.shardOf(0)).toBeUndefined();
  });

  it('follows what is believed of the cluster', () => {
    const { slots, topology$ } = mapOf({ a: [[0, 99]], b: [[100, 16_383]] });
    topology$.next(topologyOf({ a: [], b: [[0, 16_383]] }));
    expect(slots.shardOf(5)).toBe('b');
    expect(slots.serving()).toEqual(['b']);
  });

  it('forgets a shard that is gone: its slots, its servers, and words about it', () => {
    const { slots, topology$ } = mapOf({ a: [[0, 99]], b: [[100, 16_383]] });
    topology$.next(topologyOf({ b: [[100, 16_383]] }));
    expect([slots.shardOf(5), slots.shardOf(100), slots.shardAt(server)]).toEqual([
      undefined,
      'b',
      undefined,
    ]);
    slots.moved(5, 'a');
    expect(slots.serving()).toEqual(['b']);
    topology$.next(topologyOf({ b: [[100, 16_383]], a: [[0, 9]] }));
    expect([slots.shardOf(5), slots.shardAt(server)]).toEqual(['a', 'a']);
  });

  it('takes the word of a server before the monitors know, of shards that are known', () => {
    const { slots } = mapOf({ a: [[0, 16_383]], b: [] });
    slots.moved(7, 'b');
    expect([slots.shardOf(6), slots.shardOf(7)]).toEqual(['a', 'b']);
    expect(slots.serving()).toEqual(['a', 'b']);
    slots.moved(8, '10.0.0.9');
    slots.moved(99_999, 'b');
    expect(slots.shardOf(8)).toBe('a');
    expect(slots.serving()).toEqual(['a', 'b']);
  });

  it('knows the shard of a server, also under the address that servers tell', () => {
    const { slots } = mapOf({ a: [[0, 1]] });
    expect([slots.shardAt(server), slots.shardAt(endpoint('inner:1'))]).toEqual(['a', 'a']);
    expect(slots.shardAt(endpoint('other:1'))).toBeUndefined();
  });

  it('calls whoever waits once, with the next change', () => {
    const { slots, topology$ } = mapOf({ a: [[0, 1]] });
    let calls = 0;
    slots.onNextChange(() => {
      calls += 1;
    });
    slots.onNextChange(() => {
      calls += 10;
    })();
    topology$.next(topologyOf({ a: [[0, 2]] }));
    topology$.next(topologyOf({ a: [[0, 3]] }));
    expect(calls).toBe(1);
    slots.close();
    expect(topology$.observed).toBe(false);
  });
});
