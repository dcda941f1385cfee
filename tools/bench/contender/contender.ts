import type { RedisCluster } from '../cluster/cluster.ts';
import type { DriverSpec } from '../load/driver/driver.ts';

/** What a proxy of ours counts since it started. */
export interface ProxyCounters {
  readonly switches: number;
  readonly holds: number;
  readonly unknowns: number;
}

/** A contender that is up: whatever stands between the driver and the servers runs. */
export interface Running extends AsyncDisposable {
  readonly driver: DriverSpec;
  counters?(): Promise<ProxyCounters>;
}

/** One way for an application to reach a cluster that fails over. */
export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** Why it cannot take part on this machine, or undefined. */
  missing(): string | undefined;
  start(cluster: RedisCluster): Promise<Running>;
}
