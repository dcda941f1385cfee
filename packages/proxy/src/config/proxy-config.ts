import type { Gateway } from '@failover/core';
import type { ListenAddress } from '../listen-address.ts';

/** A checked config, with its adapters loaded: everything that `startProxy` needs. */
export interface ProxyConfig {
  readonly admin: ListenAddress | undefined;
  /** Absolute. Last-known members are kept here. */
  readonly stateDir: string | undefined;
  readonly clusters: readonly ClusterConfig[];
  readonly listeners: readonly ListenerConfig[];
  /** How long a start waits for confirmed targets before it opens the ports anyway. */
  readonly startMs: number;
  /** How long a drain waits for clients to leave. */
  readonly drainMs: number;
  readonly log: LogConfig;
}

export interface ClusterConfig {
  readonly name: string;
  readonly gateway: Gateway;
  /** As the adapter's own `parse` returned it. */
  readonly config: unknown;
}

export interface ListenerConfig {
  readonly listen: ListenAddress;
  readonly cluster: string;
  readonly role: string;
  readonly maxClients: number;
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'pretty';
}
