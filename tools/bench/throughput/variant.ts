import type { RedisCluster } from '../cluster/cluster.ts';

/** What stands between the load and the server. */
export interface Variant {
  readonly name: string;
  readonly port: number;
  /** The proxy's process, whose CPU time is counted; none for the server itself. */
  readonly pid?: number | undefined;
}

export interface StartedVariant extends Variant, AsyncDisposable {}

export type VariantStarter = (cluster: RedisCluster, primaryPort: number) => Promise<StartedVariant>;
