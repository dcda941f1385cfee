import type { Duplex } from 'node:stream';
import {
  endpoint as parseEndpoint,
  hostOf,
  portOf,
  type Cancel,
  type EndpointId,
  type Ms,
  type Runtime,
} from '@failover/core';
import { createRequestDecoder } from '../../protocol/decode-request.ts';
import { encodeCommand, type CommandArgument } from '../../protocol/encode.ts';
import { array, bulk, integer, type RespValue } from '../../protocol/value.ts';
import type { Session } from './session.ts';

export type ReplicaLinkState = 'connect' | 'connecting' | 'sync' | 'connected';

export interface ReplicaView {
  readonly endpoint: EndpointId;
  readonly acknowledged: number;
}

/** Where a server stands in replication, and the stream of writes that it sends on. */
export interface Replication {
  readonly master: EndpointId | undefined;
  readonly link: ReplicaLinkState;
  /** Since when the link to the master is down. */
  readonly linkDownSince: Ms | undefined;
  readonly replicationId: string;
  readonly offset: number;
  replicas(): readonly ReplicaView[];
  /** Sends a write to all replicas, a moment later: what a kill catches before is lost, as in Redis. */
  append(db: number, command: readonly CommandArgument[]): void;
  /** A replica asks for everything. */
  attach(session: Session, replica: EndpointId): void;
  acknowledge(session: Session, offset: number): void;
  /** Asks all replicas how far they are, at once. */
  askOffsets(): void;
  detach(session: Session): void;
  /** Follows another server, or nobody. */
  follow(master: EndpointId | undefined): void;
}

export interface ReplicationOptions {
  readonly runtime: Runtime;
  readonly endpoint: EndpointId;
  /** ms between a write and its way to the replicas. */
  readonly delayMs: number;
  readonly password: string | undefined;
  /** Commands that rebuild all data. */
  snapshot(): readonly (readonly CommandArgument[])[];
  clear(): void;
  /** Runs a write that came from the master. */
  apply(command: readonly Buffer[]): void;
  onAcknowledged(): void;
  /** A replica that starts anew has replicas of its own that must do the same. */
  dropReplicas(sessions: readonly Session[]): void;
}

/** ms, as Redis's replicationCron. */
const cronMs = 1_000;
/** ms without a byte from the master: the link is given up, as by `repl-timeout 10`. */
const silenceMs = 10_000;

interface Replica {
  readonly endpoint: EndpointId;
  acknowledged: number;
}

export function createReplication(options: ReplicationOptions): Replication {
  const { runtime, endpoint } = options;
  const replicas = new Map<Session, Replica>();
  let pending: Buffer[] = [];
  let cancelFlush: Cancel | undefined;
  let streamDb = -1;
  let offset = 0;
  let replicationId = randomId(runtime);
  let master: EndpointId | undefined;
  let link: ReplicaLinkState = 'connect';
  let linkDownSince: Ms | undefined;
  let upstream: Duplex | undefined;
  let heardAt = 0;

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    if (pending.length === 0) return;
    const bytes = Buffer.concat(pending);
    pending = [];
    for (const session of replicas.keys()) session.write(bytes);
  }

  function stream(command: readonly CommandArgument[]): void {
    const bytes = encodeCommand(command);
    offset += bytes.length;
    if (replicas.size === 0) return;
    pending.push(bytes);
    cancelFlush ??= runtime.after(options.delayMs, flush);
  }

  function sendToMaster(command: readonly CommandArgument[]): void {
    if (upstream !== undefined && !upstream.destroyed) upstream.write(encodeCommand(command));
  }

  function disconnect(): void {
    const gone = upstream;
    upstream = undefined;
    gone?.destroy();
    if (master !== undefined && link === 'connected') linkDownSince = runtime.now();
    link = 'connect';
  }

  function connect(to: EndpointId): void {
    const socket = runtime.connect(to);
    const decoder = createRequestDecoder();
    upstream = socket;
    link = 'connecting';
    heardAt = runtime.now();
    const lost = (): void => {
      if (upstream === socket) disconnect();
    };
    socket.on('error', lost);
    socket.on('end', lost);
    socket.on('close', lost);
    socket.on('connect', () => {
      if (upstream !== socket) return;
      link = 'sync';
      if (options.password !== undefined) sendToMaster(['AUTH', options.password]);
      sendToMaster(['DOUBLESYNC', endpoint]);
    });
    socket.on('data', (chunk: Buffer) => {
      if (upstream !== socket) return;
      heardAt = runtime.now();
      for (const command of decoder.feed(chunk)) receive(command);
    });
  }

  function receive(command: readonly Buffer[]): void {
    const name = command[0]?.toString('latin1') ?? '';
    if (name === 'SNAPSHOT') {
      options.dropReplicas([...replicas.keys()]);
      replicas.clear();
      options.clear();
      for (const one of createRequestDecoder().feed(command[3] ?? Buffer.alloc(0))) options.apply(one);
      replicationId = command[1]?.toString('latin1') ?? '';
      offset = Number(command[2]?.toString('latin1'));
      link = 'connected';
      linkDownSince = undefined;
      sendToMaster(['REPLCONF', 'ACK', offset]);
      return;
    }
    // `+OK` to our AUTH, or an error: the stream itself has commands only.
    if (link !== 'connected') return;
    stream(command);
    if (name === 'REPLCONF') sendToMaster(['REPLCONF', 'ACK', offset]);
    else if (name !== 'PING') options.apply(command);
  }

  function cron(): void {
    runtime.after(cronMs, cron);
    if (master === undefined) {
      if (replicas.size > 0) stream(['PING']);
      return;
    }
    if (upstream !== undefined && runtime.now() - heardAt > silenceMs) disconnect();
    if (upstream === undefined) connect(master);
    else if (link === 'connected') sendToMaster(['REPLCONF', 'ACK', offset]);
  }
  runtime.after(cronMs, cron);

  return {
    get master() {
      return master;
    },
    get link() {
      return link;
    },
    get linkDownSince() {
      return linkDownSince;
    },
    get replicationId() {
      return replicationId;
    },
    get offset() {
      return offset;
    },
    replicas: () => [...replicas.values()],
    append(db, command) {
      if (db !== streamDb) {
        streamDb = db;
        stream(['SELECT', db]);
      }
      stream(command);
    },
    attach(session, replica) {
      // What is still pending is part of the snapshot: it goes to the others only.
      flush();
      streamDb = -1;
      const bytes = Buffer.concat(options.snapshot().map(encodeCommand));
      session.isReplicaLink = true;
      session.write(encodeCommand(['SNAPSHOT', replicationId, offset, bytes]));
      replicas.set(session, { endpoint: replica, acknowledged: 0 });
    },
    acknowledge(session, acknowledged) {
      const replica = replicas.get(session);
      if (replica === undefined) return;
      replica.acknowledged = acknowledged;
      options.onAcknowledged();
    },
    askOffsets() {
      stream(['REPLCONF', 'GETACK', '*']);
      flush();
    },
    detach: (session) => void replicas.delete(session),
    follow(next) {
      if (next === master) return;
      disconnect();
      streamDb = -1;
      master = next;
      linkDownSince = next === undefined ? undefined : runtime.now();
      if (next === undefined) replicationId = randomId(runtime);
      else connect(next);
    },
  };
}

/** 40 hex digits, as a run id. */
export function randomId(runtime: Runtime): string {
  return Array.from({ length: 40 }, () => Math.floor(runtime.random() * 16).toString(16)).join('');
}

/** @throws TypeError if a replica gives no address */
export function replicaAddress(bytes: Buffer | undefined): EndpointId {
  return parseEndpoint(bytes?.toString() ?? '');
}

/** ROLE, as Redis words it. */
export function roleReply(replication: Replication): RespValue {
  const { master } = replication;
  if (master === undefined) {
    const replicas = replication
      .replicas()
      .map(({ endpoint, acknowledged }) =>
        array([bulk(hostOf(endpoint)), bulk(String(portOf(endpoint))), bulk(String(acknowledged))]),
      );
    return array([bulk('master'), integer(replication.offset), array(replicas)]);
  }
  const offset = replication.link === 'connected' ? replication.offset : -1;
  return array([
    bulk('slave'),
    bulk(hostOf(master)),
    integer(portOf(master)),
    bulk(replication.link),
    integer(offset),
  ]);
}
