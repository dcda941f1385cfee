import type { Ms, Runtime } from '@failover/core';

/**
 * What `failover demo BACKEND` asks of a backend: its `/testing` face exports it as `demo`. We know no backend;
 * it brings the servers, the faults, the load and the judge. All instants are the runtime's.
 */
export interface Demo {
  /** Looks for servers to run, as long as that takes. */
  find(): Promise<DemoServers>;
}

export interface DemoServers {
  /** For people: name, version and where it was found. */
  readonly name: string;
  /** Not the real thing, but a double that speaks the same protocol. */
  readonly isDouble: boolean;
  readonly words: DemoWords;
  /** What `start` starts, for people: `three Redis servers and three Sentinels`. */
  readonly parts: string;
  /** Resolves when the cluster is healthy. Disposing it leaves nothing behind. */
  start(runtime: Runtime): Promise<DemoCluster>;
}

/** What people of this backend call things. */
export interface DemoWords {
  /** Whom the servers elect: `primary`. */
  readonly leader: string;
  /** What clients send: `commands`. */
  readonly operations: string;
  /** What they want acknowledged: `writes`. */
  readonly writes: string;
}

export interface DemoCluster extends AsyncDisposable {
  /** What the adapter's `config.parse` takes in order to follow this cluster. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where each server serves every client: those whose loss and return is worth a line. */
  readonly equals?: readonly string[];
  /** In the order in which they are played. */
  readonly acts: readonly DemoAct[];
  /** Writes straight to every server, past everything of ours, and so learns how long the servers themselves were out. */
  startProber(): DemoProber;
  /** Unique operations whose outcome can be judged, through the local process. */
  startLoad(port: number, prober: DemoProber): DemoLoad;
}

export interface DemoAct {
  /** What is done, for people who never heard of it: `kill -9 on the primary: its connections break`. */
  readonly title: string;
  /** What people call it in the summary: `kill`. */
  readonly name: string;
  /** Does it to the server that hurts most. May wait until the servers have got over the act before. */
  inject(): Promise<{ readonly server: string; readonly at: Ms }>;
  /** Brings back what was broken. Never rejects. */
  heal(): Promise<void>;
}

export interface DemoProber {
  /** Ends it and tells which of its writes are still there, in order. */
  stop(): Promise<readonly ProbedWrite[]>;
}

export interface ProbedWrite {
  /** When it was acknowledged. */
  readonly at: Ms;
  readonly server: string;
}

export interface DemoLoad {
  readonly clients: number;
  /** What they do, for people: `write, count and read`. */
  readonly does: string;
  readonly counts: DemoCounts;
  /**
   * When writes were acknowledged, in order, by each client that has a way of its own to the servers: all must be
   * served again before a fault is over. One list if all share the way. They grow.
   */
  readonly acknowledgedAt: readonly (readonly Ms[])[];
  /** Ends it, and lets what is under way settle. */
  stop(): Promise<void>;
  /** Reads what the servers hold now and compares it with all that was promised. Asked once, after both stops. */
  judge(): Promise<DemoVerdict>;
}

export interface DemoCounts {
  readonly acknowledged: number;
  /** Sent by a client and not answered yet. */
  readonly waiting: number;
  /** Proved not executed. */
  readonly refused: number;
  readonly unknown: number;
  readonly errors: number;
  /** Client connections that broke. */
  readonly closed: number;
}

export interface DemoVerdict {
  readonly lostByUs: number;
  /** What the servers lost by themselves, and one sentence why. */
  readonly lostByServers: number;
  readonly whyServersLose: string;
  /** Silently. */
  readonly doubled: number;
  /** Copies that say themselves that they may have come before, where the backend delivers at least once. */
  readonly doubledAndTold?: number;
  /** Everything else that is not as it should be, a sentence each. */
  readonly failures: readonly string[];
}
