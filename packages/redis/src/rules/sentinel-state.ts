import type { EndpointId, Epoch, Observation, TargetId } from '@failover/core';
import { targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import type { Selection } from './selection.ts';
import type { Servers } from './servers.ts';
import type { Domains } from './tally.ts';
import type { Witnesses } from './witness.ts';

/** What a majority of the Sentinels said last. It stands until another majority says otherwise. */
export interface Naming {
  readonly server: EndpointId;
  readonly epoch: Epoch;
}

export interface SentinelState {
  readonly type: 'sentinels';
  readonly name: string;
  readonly staleReplicaMs: number;
  readonly promotion: 'selected' | 'announced';
  readonly onMinority: 'allow' | 'fence';
  readonly configured: number;
  readonly witnesses: Witnesses;
  readonly servers: Servers;
  readonly domains: Domains;
  readonly hasMajority: boolean;
  readonly naming?: Naming;
  readonly selection?: Selection;
  readonly told: { readonly members: string; readonly heard: number; readonly of: number };
}

export function initSentinels(config: RedisConfig): SentinelState {
  return {
    type: 'sentinels',
    name: config.name,
    staleReplicaMs: config.staleReplicaMs,
    promotion: config.promotion,
    onMinority: config.onMinority,
    // A place may list any number: never believe a single Sentinel from there to be all of them.
    configured: config.sentinels.reduce((sum, each) => sum + (each.type === 'address' ? 1 : 2), 0),
    witnesses: new Map(),
    servers: new Map(),
    domains: new Map(),
    hasMajority: false,
    told: { members: '', heard: -1, of: -1 },
  };
}

/** What the rules know after a report, and what there is to tell. */
export type Heard = readonly [SentinelState, readonly Observation[]];

/** The user wants no writes while fewer than half of the Sentinels can be heard. */
export function isFenced(state: SentinelState): boolean {
  return state.onMinority === 'fence' && !state.hasMajority;
}

export function primaryOf(state: SentinelState): TargetId {
  return targetId(state.name, 'primary');
}
