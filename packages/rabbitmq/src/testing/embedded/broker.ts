import type { Runtime } from '@failover/core';
import type { Health } from './availability.ts';
import { createGate, type Gate } from './gate.ts';
import { createVirtualHost, type VirtualHost } from './virtual-host.ts';

/** Where exchanges, queues and bindings are kept: `mnesia` writes wait for every node that is not given up yet. */
export type MetadataStore = 'khepri' | 'mnesia';

export interface Settings {
  readonly version: string;
  readonly channelMax: number;
  readonly frameMax: number;
  /** What is proposed to clients; 0 is none. */
  readonly heartbeatS: number;
  /** Until a quorum queue has another leader after its leader died or hung. */
  readonly electionMs: number;
  /** The same for a leader that hangs. */
  readonly hungElectionMs: number;
  readonly metadataStore: MetadataStore;
  /**
   * Until the cluster gives up a node that does not answer, and an operation that was begun before an election is
   * answered: the net tick of Erlang.
   */
  readonly stuckMs: number;
  /** Between a message's arrival and its confirm. */
  readonly confirmMs: number;
}

/** What the nodes of a cluster share. */
export interface Broker {
  readonly runtime: Runtime;
  readonly settings: Settings;
  readonly vhosts: ReadonlyMap<string, VirtualHost>;
  /** Passwords by user. */
  readonly users: Map<string, string>;
  readonly nodeNames: readonly string[];
  /** Nodes that are low on memory: publishers are blocked meanwhile. */
  readonly alarms: Set<string>;
  healthOf(node: string): Health;
  /** It is up and not in maintenance. */
  mayLead(node: string): boolean;
  /** What waits to change exchanges, queues and bindings. */
  readonly metadataGate: Gate;
  /** Enough nodes answer to change exchanges, queues and bindings. */
  isMetadataWritable(): boolean;
  /** A name that was not given before. */
  uniqueName(prefix: string): string;
}

export interface BrokerOptions {
  readonly runtime: Runtime;
  readonly settings: Settings;
  readonly vhosts: readonly string[];
  readonly users: Readonly<Record<string, string>>;
  readonly nodeNames: readonly string[];
  healthOf(node: string): Health;
  mayLead(node: string): boolean;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function createBroker(options: BrokerOptions): Broker {
  const { runtime, settings, nodeNames, healthOf, mayLead } = options;
  return {
    runtime,
    settings,
    nodeNames,
    healthOf,
    mayLead,
    vhosts: new Map(options.vhosts.map((name) => [name, createVirtualHost(name, healthOf)])),
    users: new Map(Object.entries(options.users)),
    alarms: new Set(),
    metadataGate: createGate(),
    isMetadataWritable() {
      if (settings.metadataStore === 'mnesia') return nodeNames.every((node) => healthOf(node) !== 'hung');
      return nodeNames.filter((node) => healthOf(node) === 'up').length * 2 > nodeNames.length;
    },
    uniqueName(prefix) {
      const letter = (): string => letters[Math.floor(runtime.random() * letters.length)] ?? 'A';
      return prefix + Array.from({ length: 22 }, letter).join('');
    },
  };
}
