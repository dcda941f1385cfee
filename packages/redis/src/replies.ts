import type { EndpointId } from '@failover/core';
import type { SentinelEvent } from './sentinel-events.ts';

/** All that a server or a Sentinel can tell us, from a monitor or from the data path. */
export type RedisReply =
  | { readonly type: 'role'; readonly role: ServerRole }
  | SentinelMaster
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
