import type { Cluster, Ms, Runtime, TargetId } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import type { Tuned } from '../protocol/login.ts';
import { highestChannel } from '../protocol/login.ts';
import type { TopologyLog } from '../session/topology-log.ts';
import type { Channel } from './channel.ts';
import type { GatewayCounters } from './counters.ts';
import type { Identity } from './identity.ts';
import type { Upstream } from './upstream.ts';

/** What all clients of a gateway have in common. */
export interface GatewayContext {
  readonly cluster: Cluster;
  readonly target: TargetId;
  readonly config: RabbitConfig;
  readonly runtime: Runtime;
  readonly counters: GatewayCounters;
}

/** What a client that shares our process is told beside its frames. */
export interface ClientEar {
  /** These publishes of its channel are nacked next, and this is why. */
  onNotConfirmed(channel: number, seqs: readonly number[], why: NotConfirmed): void;
}

export type NotConfirmed =
  | { readonly type: 'unknown'; readonly server: Upstream['lease']['server'] | undefined }
  | { readonly type: 'notSent'; readonly reason: string };

/**
 * How far a client has come; it goes one way. Its connection opens up to `running`; from `closing` on either side has
 * said that it closes.
 */
export type Phase =
  'header' | 'start' | 'authenticating' | 'tuning' | 'opening' | 'running' | 'closing' | 'over';

/** One client's connection as the functions of its relay share it. Only they change it. */
export interface Connection {
  readonly gateway: GatewayContext;
  phase: Phase;
  /** Known once the client has said it. */
  identity: Identity | undefined;
  vhost: string | undefined;
  /** What the client and we agreed on; it may be more or less than what a node and we did. */
  agreed: Tuned;
  readonly channels: Map<number, Channel>;
  /** Channels and our own calls by their number upstream. */
  readonly upstreamChannels: Map<number, UpstreamChannel>;
  /** There once its connection is open, until it is lost. */
  upstream: Upstream | undefined;
  /** Since when no node is behind a client that had one. */
  downSince: Ms | undefined;
  log: TopologyLog;
  /** What the client takes, and what it can. */
  readonly clientFrameMax: number;
  hears: { readonly cancel: boolean; readonly blocked: boolean };
  isBlocked: boolean;
  /** The client gave a new secret and does not know yet that it was taken. */
  owesSecretOk: boolean;
  /** It does not take what it is sent, so that its node is not read from. */
  isClientBehind: boolean;
  unconfirmedBytes: number;
  heldBytes: number;
  /** Channels whose gate is `full`. */
  readonly full: Set<Channel>;
  /** When one of our tries was answered last, or a long silence ended, with whatever. */
  stirredAt: Ms;
  /** When a publish was tried last on a second connection. */
  triedPublishAt: Ms;
  /** What clients send waits until what they stand on is there: what the broker dropped. */
  isSettingUp: boolean;
  /** Frames for the client. The bytes must not change any more. */
  toClient(bytes: Buffer, from: number, to: number): void;
  /** Ends the connection in the protocol's own way. */
  refuse(code: number, text: string): void;
  /** Calls back unless the client is gone by then. */
  after(ms: number, callback: () => void): void;
  /** Does the client still have to be read from? */
  onHeld(): void;
  readonly ear: ClientEar | undefined;
}

/** What a number on the connection to a node stands for. */
export type UpstreamChannel =
  | { readonly type: 'client'; readonly channel: Channel }
  | {
      readonly type: 'call';
      readonly onFrame: (bytes: Buffer, from: number, to: number) => void;
      /** It registers a consumer. */
      readonly consumes: boolean;
    }
  /** We gave it up; what still comes belongs to nobody. Free again with `close-ok`. */
  | { readonly type: 'abandoned' };

/** Nobody is there any more. */
export function isOver({ phase }: Connection): boolean {
  return phase === 'over';
}

export function isEnding({ phase }: Connection): boolean {
  return phase === 'closing' || phase === 'over';
}

export function nowOf(connection: Connection): Ms {
  return connection.gateway.runtime.now();
}

/** Is a node of the cluster not well? */
export function isNodeAway({ gateway }: Connection): boolean {
  return [...gateway.cluster.topology.servers.values()].some(
    ({ kind, availability }) => kind === 'data' && availability !== 'up',
  );
}

/** A number that is free upstream: the client's own if it can be, so that frames pass unchanged. */
export function takeUpstreamId(
  connection: Connection,
  wanted: number | undefined,
  use: UpstreamChannel,
): number | undefined {
  const { upstreamChannels, upstream } = connection;
  if (upstream === undefined) return undefined;
  const highest = highestChannel(upstream.tuned);
  let id = wanted ?? highest;
  // From the top: clients number their channels from below.
  if (upstreamChannels.has(id)) for (id = highest; id > 0 && upstreamChannels.has(id);) id -= 1;
  if (id === 0) return undefined;
  upstreamChannels.set(id, use);
  return id;
}
