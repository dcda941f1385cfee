import type { EndpointId, HashRange, Observation } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import type { NodeViews } from './node-views.ts';
import { isAlias, myself } from './node-views.ts';
import type { Parting } from './parting.ts';
import type { Servers } from './servers.ts';
import type { Shards } from './shards.ts';

/** What is known of a Redis Cluster: each of its shards elects for itself. */
export interface NodesState {
  readonly type: 'nodes';
  readonly name: string;
  readonly staleReplicaMs: number;
  readonly servers: Servers;
  readonly views: NodeViews;
  readonly shards: Shards;
  /** The primary of each shard that claimed with the highest config epoch. */
  readonly holders: ReadonlyMap<string, Holder>;
  readonly parting: Parting;
  readonly told: { readonly members: string; readonly ranges: ReadonlyMap<string, string> };
}

export interface Holder {
  readonly id: string;
  /** Undefined once it says that it is not primary. */
  readonly server: EndpointId | undefined;
  readonly epoch: number;
  /** What it said that it serves: it stays true when it cannot be heard any more, until a higher epoch has it. */
  readonly slots: readonly HashRange[];
}

export function initNodes(config: RedisConfig): NodesState {
  return {
    type: 'nodes',
    name: config.name,
    staleReplicaMs: config.staleReplicaMs,
    servers: new Map(),
    views: new Map(),
    shards: new Map(),
    holders: new Map(),
    parting: new Map(),
    told: { members: '', ranges: new Map() },
  };
}

/** What the rules know after a report, and what there is to tell. */
export type NodesHeard = readonly [NodesState, readonly Observation[]];

/** Undefined of a node that is not known to be of one, and of an address that the nodes do not use. */
export function shardOf(state: NodesState, server: EndpointId): string | undefined {
  const own = isAlias(state.views, server) ? undefined : myself(state.views.get(server));
  return own === undefined ? undefined : state.shards.get(own.id);
}
