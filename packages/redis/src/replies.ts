import type { EndpointId, HashRange } from '@failover/core';
import type { SentinelEvent } from './sentinel-events.ts';

/** All that a server or a Sentinel can tell us, from a monitor or from the data path. */
export type RedisReply =
  | { readonly type: 'role'; readonly role: ServerRole }
  | SentinelMaster
  | { readonly type: 'clusterNodes'; readonly nodes: readonly ListedNode[] }
  | { readonly type: 'sentinelReplicas'; readonly name: string; readonly replicas: readonly ListedReplica[] }
  | { readonly type: 'sentinelPeers'; readonly name: string; readonly peers: readonly ListedSentinel[] }
  /** The Sentinel's own id, which it keeps as long as it keeps its configuration file. */
  | { readonly type: 'myId'; readonly id: string }
  | { readonly type: 'sentinelTilt'; readonly isTilt: boolean }
  | { readonly type: 'sentinelEvent'; readonly event: SentinelEvent }
  /** The Sentinel is well and has never heard of this name. */
  | { readonly type: 'unknownMaster'; readonly name: string }
  /** An error reply: READONLY, LOADING, BUSY, NOPERM … */
  | { readonly type: 'errorReply'; readonly code: string; readonly text: string };

export type ServerRole =
  | {
      readonly type: 'master';
      readonly replicas: readonly EndpointId[];
      /** Those of them that are further behind than a reader may bear, if there is a bound. */
      readonly lagging: readonly EndpointId[];
    }
  | { readonly type: 'slave'; readonly primary: EndpointId | undefined; readonly isLinked: boolean }
  | { readonly type: 'sentinel' };

export interface SentinelMaster {
  readonly type: 'sentinelMaster';
  readonly name: string;
  readonly address: EndpointId;
  readonly configEpoch: number;
  readonly flags: readonly string[];
  readonly downAfterMs: number;
  readonly quorum: number;
  /** How many Sentinels it knows beside itself. */
  readonly otherSentinels: number;
  /** Only while this Sentinel itself leads a failover. */
  readonly failoverState?: string;
}

export interface ListedReplica {
  readonly address: EndpointId;
  readonly flags: readonly string[];
}

export interface ListedSentinel {
  readonly address: EndpointId;
  readonly id: string;
}

/** One line of CLUSTER NODES (https://redis.io/docs/latest/commands/cluster-nodes/). */
export interface ListedNode {
  readonly id: string;
  /** Absent if the node that tells does not know it, as its own before others met it. */
  readonly address?: EndpointId;
  /** The node that tells. */
  readonly isMyself: boolean;
  /** `suspected` by the one that tells, `failed` by a majority of primaries. */
  readonly health: 'fine' | 'suspected' | 'failed';
  /** Absent of a primary. */
  readonly follows?: string;
  readonly epoch: number;
  readonly slots: readonly HashRange[];
}
