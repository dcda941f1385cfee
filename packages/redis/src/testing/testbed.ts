import type { EndpointId, Runtime } from '@failover/core';
import type { FoundServer } from './find-server.ts';
import type { RespValue } from '../protocol/value.ts';

export interface TestbedOptions {
  /** Data servers of each name, default 3. */
  readonly servers?: number;
  /** Default 3; 0 is plain replication. */
  readonly sentinels?: number;
  /** Names of the masters that the same Sentinels watch, default `['mymaster']`. */
  readonly names?: readonly string[];
  /** Sentinel's `down-after-milliseconds`, default 1000. */
  readonly downAfterMs?: number;
  /** Of the servers' default user, for clients, replicas and Sentinels alike. Default none. */
  readonly password?: string;
  /** Sentinel's `failover-timeout`, default 5000: a failed failover is tried again after twice that. */
  readonly failoverTimeoutMs?: number;
}

/** What a config of this adapter needs in order to follow the testbed. */
export interface TestbedConfig {
  readonly name: string;
  readonly sentinels?: readonly string[];
  readonly servers?: readonly string[];
  readonly password?: string;
  readonly tls?: TestbedTls;
  readonly sentinelTls?: TestbedTls;
}

/** Whom to trust and what to show, in PEM. */
export interface TestbedTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly rejectUnauthorized: true;
}

/** What a Sentinel announced, or wrote to its log. */
export interface SentinelEvent {
  readonly sentinel: EndpointId;
  /** For example `+switch-master`. */
  readonly event: string;
  /** The words behind it, for example `mymaster 127.0.0.1 1 127.0.0.1 2`. */
  readonly text: string;
}

/** Servers and Sentinels to break, real or embedded: tests and demos are written once for both. */
export interface RedisTestbed extends AsyncDisposable {
  readonly kind: FoundServer['kind'];
  readonly version: string;
  /** How the servers were found, or why it is the double. */
  readonly how: string;
  /** Reaches the servers. */
  readonly runtime: Runtime;
  /** The first name. */
  readonly name: string;
  /** Data servers by the name of their master. */
  readonly groups: ReadonlyMap<string, readonly EndpointId[]>;
  /** All data servers. */
  readonly servers: readonly EndpointId[];
  readonly sentinels: readonly EndpointId[];
  /** For the first name. */
  readonly config: TestbedConfig;
  configOf(name: string): TestbedConfig;

  /**
   * The server that says it is master and is named by most Sentinels (without Sentinels: the only one that says it).
   * `undefined` while there is none.
   */
  primary(name?: string): Promise<EndpointId | undefined>;
  /**
   * Resolves when everything that runs agrees: one master each, every running replica linked, every running
   * Sentinel sees all of it.
   * @throws TestbedError with what is still missing
   */
  settled(timeoutMs?: number): Promise<void>;

  /** Ends a server or Sentinel at once; its connections are closed by the kernel (RST or FIN). */
  kill(member: EndpointId): void;
  /** It accepts connections and answers nothing, until `resume`; then it answers late. */
  hang(member: EndpointId): void;
  resume(member: EndpointId): void;
  /** Starts it again on its port, after a kill or instead of it. A server comes back empty. */
  restart(member: EndpointId): Promise<void>;
  isRunning(member: EndpointId): boolean;

  /**
   * `SENTINEL FAILOVER`.
   * @throws TestbedError if no running Sentinel agreed
   */
  forceFailover(name?: string): Promise<void>;
  /** Who led the election that goes on or was the last. */
  leadingSentinel(name?: string): EndpointId | undefined;
  /** Kills the Sentinel that leads or led the last election, else any, and tells which. */
  killSentinel(which: 'leading' | 'any', name?: string): EndpointId;
  /** Calls back for what Sentinels announce; returns how to stop that. */
  onSentinelEvent(listener: (event: SentinelEvent) => void): () => void;
  /** One command on a connection of its own, with the password if there is one. Rejects if there is no answer in time. */
  ask(member: EndpointId, ...command: readonly string[]): Promise<RespValue>;
  /** The last lines that it wrote, to explain a failure. */
  logOf(member: EndpointId): readonly string[];
}

/** The servers do not do what a test needs. */
export class TestbedError extends Error {
  readonly code = 'testbed';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestbedError';
  }
}
