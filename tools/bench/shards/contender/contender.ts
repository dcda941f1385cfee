import type { Loader } from '../../load/load.ts';
import type { ShardedCluster } from '../cluster/cluster.ts';

/** A contender that is up, with the process of its load. */
export interface Running extends AsyncDisposable {
  readonly loader: Loader;
  /** What a process of ours wrote last. */
  log?(): readonly string[];
}

/** One way for an application to reach a Redis Cluster. */
export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** It follows no failover: what it shows of the other shards is what the machine does to them. */
  readonly isControl?: boolean;
  /** Why it cannot take part on this machine, or undefined. */
  missing(): string | undefined;
  start(cluster: ShardedCluster): Promise<Running>;
}
