import type { Adapter, Cluster, ClusterOptions, Runtime } from '@failover/core';
import type { Operations } from '../workload/index.ts';
import type { Testbed } from './testbed.ts';

export interface OperationsContext<C> {
  /** One for all workers, closed after the run. */
  readonly cluster: Cluster;
  readonly config: C;
  readonly runtime: Runtime;
  readonly worker: number;
}

/** What is put to the test. */
export interface ConformanceSubject<C, R, S> {
  readonly adapter: Adapter<C, R, S>;
  readonly testbed: Testbed;
  /** Configs that must be refused, at least one. */
  readonly invalidConfigs: readonly unknown[];
  /** The client under test, for one worker. Without it no operations are tried. */
  readonly createOperations?: (context: OperationsContext<C>) => Promise<Operations & AsyncDisposable>;
  /** Default 3. */
  readonly members?: number;
  /** Default 1. */
  readonly seed?: number;
  /** ms within which the backend and we have recovered from one fault, default 30,000. */
  readonly recoveryMs?: number;
  readonly clusterOptions?: Omit<ClusterOptions, 'runtime'>;
}
