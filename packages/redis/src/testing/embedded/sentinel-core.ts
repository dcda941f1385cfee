import type { EndpointId, Ms, Runtime } from '@failover/core';
import type { Instance } from './instance.ts';
import type { MasterState } from './master-state.ts';

/** What one Sentinel knows and can do. */
export interface SentinelCore {
  readonly runtime: Runtime;
  readonly endpoint: EndpointId;
  readonly myId: string;
  currentEpoch: number;
  /** Since when it distrusts its own clock. */
  tiltSince: Ms | undefined;
  readonly masters: ReadonlyMap<string, MasterState>;
  /** Publishes an event and tells the testbed. */
  announce(event: string, text: string): void;
  /** Connects to a newly known server or Sentinel. */
  add(kind: Instance['kind'], address: EndpointId, runId: string): Instance;
}

/** Raises the current epoch and says so. */
export function adoptEpoch(core: SentinelCore, epoch: number): void {
  if (epoch <= core.currentEpoch) return;
  core.currentEpoch = epoch;
  core.announce('+new-epoch', String(epoch));
}
