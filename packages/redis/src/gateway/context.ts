import type { Adapter, Cluster, Runtime } from '@failover/core';
import type { CommandTable } from '../protocol/commands/index.ts';
import type { RequestScanner } from '../protocol/scan-requests.ts';
import type { GatewayCounters } from './counters.ts';
import type { DataReports } from './data-reports.ts';
import type { Greeting } from './hello.ts';
import type { GatewayLimits } from './limits.ts';
import type { KnownScripts } from './scripts.ts';
import type { SlotMap } from './shards/slot-map.ts';
import type { Tick } from './tick.ts';
import type { Users } from './users.ts';

/** What all clients of a gateway have in common. */
export interface GatewayContext {
  readonly cluster: Cluster;
  readonly classify: Adapter['classify'];
  readonly runtime: Runtime;
  readonly tick: Tick;
  /** Of the cluster, which is the master's name at its Sentinels. */
  readonly name: string;
  readonly commands: CommandTable;
  /** For whole commands of whichever client has its turn: one for all stays in the cache. */
  readonly scanner: RequestScanner;
  readonly limits: GatewayLimits;
  readonly counters: GatewayCounters;
  readonly scripts: KnownScripts;
  /** ms that a command may wait, from its arrival. */
  readonly holdMs: number;
  /** Which server answered last: what HELLO repeats. */
  readonly greeting: Greeting | undefined;
  readonly reports: DataReports;
  /** Whom clients must log in as here; without them, servers decide. */
  readonly users?: Users | undefined;
  /** Of a Redis Cluster: which shard has which slot. */
  readonly slots?: SlotMap | undefined;
  /** Let commands behind an unknown one run before the client knows of it. */
  readonly continueAfterUnknown: boolean;
}
