import { endpoint } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { mapAddresses } from './map-addresses.ts';
import type { RedisReply } from './replies.ts';

const [inside, outside, elsewhere] = [
  endpoint('10.0.0.1:6379'),
  endpoint('127.0.0.1:7001'),
  endpoint('10.0.0.9:1'),
];
const addresses = new Map([[inside, outside]]);

const master = {
  type: 'sentinelMaster',
  name: 'm',
  address: inside,
  configEpoch: 3,
  flags: ['master'],
  downAfterMs: 1000,
  quorum: 2,
  otherSentinels: 2,
} as const satisfies RedisReply;
const node = { id: 'n', isMyself: true, health: 'fine', epoch: 1, slots: [] } as const;

// Each reply that names addresses, and each that could be taken for one.
const replies: readonly (readonly [string, RedisReply, RedisReply])[] = [
  [
    'a primary, of its replicas',
    { type: 'role', role: { type: 'master', replicas: [inside, elsewhere], lagging: [inside] } },
    { type: 'role', role: { type: 'master', replicas: [outside, elsewhere], lagging: [outside] } },
  ],
  [
    'a replica, of its primary',
    { type: 'role', role: { type: 'slave', primary: inside, isLinked: true } },
    { type: 'role', role: { type: 'slave', primary: outside, isLinked: true } },
  ],
  [
    'a replica that knows no primary',
    { type: 'role', role: { type: 'slave', primary: undefined, isLinked: false } },
    { type: 'role', role: { type: 'slave', primary: undefined, isLinked: false } },
  ],
  ['a Sentinel, of the master', master, { ...master, address: outside }],
  [
    'a Sentinel, of replicas',
    { type: 'sentinelReplicas', name: 'm', replicas: [{ address: inside, flags: ['slave'] }] },
    { type: 'sentinelReplicas', name: 'm', replicas: [{ address: outside, flags: ['slave'] }] },
  ],
  [
    'a Sentinel, of its peers',
    { type: 'sentinelPeers', name: 'm', peers: [{ address: inside, id: 'p' }] },
    { type: 'sentinelPeers', name: 'm', peers: [{ address: outside, id: 'p' }] },
  ],
  [
    'a node, of the others',
    { type: 'clusterNodes', nodes: [{ ...node, address: inside }, node] },
    { type: 'clusterNodes', nodes: [{ ...node, address: outside }, node] },
  ],
  [
    'a Sentinel that chose',
    { type: 'sentinelEvent', event: { type: 'selectedSlave', masterName: 'm', server: inside } },
    { type: 'sentinelEvent', event: { type: 'selectedSlave', masterName: 'm', server: outside } },
  ],
  [
    'a Sentinel that saw a promotion',
    { type: 'sentinelEvent', event: { type: 'promotedSlave', masterName: 'm', server: inside } },
    { type: 'sentinelEvent', event: { type: 'promotedSlave', masterName: 'm', server: outside } },
  ],
  [
    'a Sentinel that saw the master move there',
    { type: 'sentinelEvent', event: { type: 'switchMaster', masterName: 'm', from: elsewhere, to: inside } },
    { type: 'sentinelEvent', event: { type: 'switchMaster', masterName: 'm', from: elsewhere, to: outside } },
  ],
  [
    'a Sentinel that saw the master move away',
    { type: 'sentinelEvent', event: { type: 'switchMaster', masterName: 'm', from: inside, to: elsewhere } },
    { type: 'sentinelEvent', event: { type: 'switchMaster', masterName: 'm', from: outside, to: elsewhere } },
  ],
];

describe('behind NAT', () => {
  it.each(replies)('[31] is reached what is named by %s', (_, told, reached) => {
    expect(mapAddresses(told, addresses)).toEqual(reached);
    expect(mapAddresses(told, new Map())).toBe(told);
  });
});
