import type { Adapter, Cluster, Runtime } from '@failover/core';
import type { GatewayCounters } from './counters.ts';
import type { Credentials } from './handshake.ts';
import type { GatewayLimits } from './limits.ts';
import type { Tick } from './tick.ts';

/** What all clients of a gateway have in common. */
export interface GatewayContext {
  readonly cluster: Cluster;
  readonly classify: Adapter['classify'];
  readonly runtime: Runtime;
  readonly tick: Tick;
  readonly limits: GatewayLimits;
  readonly counters: GatewayCounters;
  /** Who the listener itself is, on the servers. */
  readonly listener: Credentials;
  readonly defaultDb: number;
  /** ms that a command may wait, from its arrival. */
  readonly holdMs: number;
  readonly connectTimeoutMs: number;
  /** Let commands behind an unknown one run before the client knows of it. */
  readonly continueAfterUnknown: boolean;
}
