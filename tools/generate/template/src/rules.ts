import { target, type EndpointId, type Member, type Rules } from '@failover/core';
import type { SampleConfig } from './config.ts';
import type { MonitorReply } from './replies.ts';

/** Nobody leads here: one target, and every peer that answers may serve it. */
export const ring = target('ring', 'peer');

/** What each peer said last, so that a repeat says nothing new. */
export type Said = ReadonlyMap<EndpointId, string>;

export const memberAt = (endpoint: EndpointId): Member => ({ endpoint, kind: 'data' });

/** Pure: what servers say → what core is told. */
export const rules: Rules<SampleConfig, MonitorReply, Said> = {
  init: () => new Map(),
  step(said, input) {
    if (input.type !== 'said') return { state: said, observations: [] };
    const { endpoint } = input.member;
    const words = input.reply.peers.join(' ');
    if (said.get(endpoint) === words) return { state: said, observations: [] };
    return {
      state: new Map(said).set(endpoint, words),
      observations: [
        { type: 'targetSeen', target: ring },
        { type: 'membersSeen', source: endpoint, isFresh: true, members: input.reply.peers.map(memberAt) },
        { type: 'roleSeen', server: endpoint, shard: ring.shard, role: ring.role },
      ],
    };
  },
};
