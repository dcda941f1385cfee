import type { Runtime } from '@failover/core';
import type { Inject } from '../faults/index.ts';
import type { FinalState } from '../history/index.ts';

export interface TestbedOptions {
  /** Servers that hold data. */
  readonly members: number;
  /** For whatever the testbed leaves to chance. */
  readonly seed: number;
}

/** A cluster of one backend to break: real servers, or a double in virtual time. */
export interface Testbed {
  /** Resolves when the cluster is healthy. */
  start(options: TestbedOptions): Promise<RunningTestbed>;
}

/** All that is asked here is answered by the testbed itself, never through what is under test. */
export interface RunningTestbed extends AsyncDisposable {
  /** Reaches the servers. */
  readonly runtime: Runtime;
  /** Addresses of the data servers, `host:port`; faults name members by them. */
  readonly members: readonly string[];
  /** What the adapter's `config.parse` takes in order to follow this cluster. */
  readonly config: unknown;
  /** Lets time pass: a real testbed waits, a virtual one advances its clock. */
  wait(ms: number): Promise<void>;
  /** Knows at least `kill` and `hang`. */
  readonly inject: Inject;
  /** The member that takes writes now; undefined while there is none. A backend without a leader leaves it out. */
  primary?(): Promise<string | undefined>;
  /** Resolves when all members are healthy and agree. */
  settled(): Promise<void>;
  /** What the servers hold. Needed only where operations are tried. */
  readBack?(keys: {
    readonly lists: readonly string[];
    readonly counters: readonly string[];
  }): Promise<FinalState>;
}
