import type { Duplex } from 'node:stream';
import type { Ms } from '@failover/core';
import { encodeReply } from '../../protocol/encode.ts';
import { toResp2 } from '../../protocol/resp2.ts';
import type { RespValue } from '../../protocol/value.ts';

/** A command as it came: the name in lower case, and everything behind it. */
export interface Command {
  readonly name: string;
  /** As it was written, for the error that does not know it. */
  readonly typed: string;
  readonly args: readonly Buffer[];
}

/** What one client connection has set up. */
export interface Session {
  readonly id: number;
  readonly address: string;
  readonly openedAt: Ms;
  resp: 2 | 3;
  clientName: string;
  db: number;
  isAuthenticated: boolean;
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
  /** Commands queued since MULTI. */
  transaction: { readonly commands: Command[]; isBroken: boolean } | undefined;
  /** Watched keys with the version they had. */
  readonly watched: Map<string, number>;
  /** Set while a blocking command waits: ends the wait. */
  unblock: ((why: 'timeout' | 'error') => void) | undefined;
  /** A replica's link: it gets the stream of writes and no replies. */
  isReplicaLink: boolean;
  /** How far the stream of writes was after the last write of this session, for WAIT. */
  writtenOffset: number;
  readonly isClosed: boolean;
  /** Writes one value in the client's version of RESP. */
  reply(value: RespValue): void;
  /** Bytes as they are, for the stream to a replica. */
  write(bytes: Uint8Array): void;
  /** Ends the connection after what was written. */
  end(): void;
}

export function createSession(stream: Duplex, id: number, openedAt: Ms, isAuthenticated: boolean): Session {
  const session: Session = {
    id,
    address: addressOf(stream),
    openedAt,
    resp: 2,
    clientName: '',
    db: 0,
    isAuthenticated,
    channels: new Set(),
    patterns: new Set(),
    transaction: undefined,
    watched: new Map(),
    unblock: undefined,
    isReplicaLink: false,
    writtenOffset: 0,
    get isClosed() {
      return stream.destroyed || stream.writableEnded;
    },
    reply(value) {
      session.write(encodeReply(session.resp === 3 ? toResp3(value) : toResp2(value)));
    },
    write(bytes) {
      if (!session.isClosed) stream.write(bytes);
    },
    end() {
      if (!session.isClosed) stream.end();
    },
  };
  return session;
}

/** RESP3 has one null for both of RESP2's. */
function toResp3(value: RespValue): RespValue {
  switch (value.type) {
    case 'null':
      return { type: 'null', form: 'resp3' };
    case 'array':
    case 'set':
    case 'push':
      return { ...value, items: value.items.map(toResp3) };
    case 'map':
      return {
        ...value,
        entries: value.entries.map(([key, item]) => [toResp3(key), toResp3(item)] as const),
      };
    case 'simple':
    case 'error':
    case 'integer':
    case 'bulk':
    case 'double':
    case 'boolean':
    case 'bigNumber':
    case 'bulkError':
    case 'verbatim':
    case 'attributed':
      return value;
  }
}

function addressOf(stream: Duplex): string {
  const { remoteAddress, remotePort } = stream as { remoteAddress?: string; remotePort?: number };
  return remoteAddress === undefined ? '127.0.0.1:0' : `${remoteAddress}:${remotePort ?? 0}`;
}
