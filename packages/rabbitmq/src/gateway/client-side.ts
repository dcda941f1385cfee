import type { ClientStream, Ms } from '@failover/core';
import { heartbeatFrame } from '../protocol/frame.ts';
import type { Connection } from './connection.ts';
import { isOver } from './connection.ts';
import { forgiveSilence } from './suspect.ts';
import { createOutbox } from './outbox.ts';
import type { Upstream } from './upstream.ts';

/** The stream of one client: what is written to it, when it is read, and whether it is still there. */
export interface ClientSide {
  /** All that was appended in one turn leaves in one write. The bytes must not change any more. */
  append(bytes: Buffer, from: number, to: number): void;
  flush(): void;
  /** Something came from it. */
  heard(): void;
  /** Reads from the client as long as there is room for what it sends. */
  balance(): void;
  /** Heartbeats, both ways. False: it is silent for too long. */
  beat(now: Ms): boolean;
}

export interface ClientSideOptions {
  readonly client: ClientStream;
  /** The connection to a node that is being opened, or is open. */
  node(): Upstream | undefined;
}

export function createClientSide(connection: Connection, { client, node }: ClientSideOptions): ClientSide {
  const { config, runtime } = connection.gateway;
  const outbox = createOutbox();
  let isFlushDue = false;
  let isPaused = false;
  let wroteAt = runtime.now();
  let heardAt = wroteAt;

  const write = (bytes: Buffer): void => {
    client.write(bytes);
  };

  function flush(): void {
    isFlushDue = false;
    if (isOver(connection) || outbox.isEmpty) return;
    wroteAt = runtime.now();
    outbox.flush(write);
    const upstream = node();
    if (client.writableNeedDrain && !connection.isClientBehind && upstream !== undefined) {
      connection.isClientBehind = true;
      upstream.pause();
    }
  }

  function append(bytes: Buffer, from: number, to: number): void {
    outbox.append(bytes, from, to);
    if (isFlushDue) return;
    isFlushDue = true;
    process.nextTick(flush);
  }

  client.on('drain', () => {
    if (!connection.isClientBehind) return;
    connection.isClientBehind = false;
    forgiveSilence(connection, runtime.now());
    node()?.resume();
  });

  return {
    append,
    flush,
    heard() {
      heardAt = runtime.now();
    },
    balance() {
      const { heldBytes } = connection;
      const isFull =
        node()?.isBlocked === true ||
        heldBytes > config.maxHeldBytes ||
        (isPaused && heldBytes > config.maxHeldBytes / 2);
      if (isFull === isPaused || isOver(connection)) return;
      isPaused = isFull;
      if (isFull) client.pause();
      else {
        // What it could not send meanwhile is no silence.
        heardAt = runtime.now();
        client.resume();
      }
    },
    beat(now) {
      const heartbeatMs = connection.agreed.heartbeatS * 1000;
      if (heartbeatMs === 0) return true;
      if (now - wroteAt >= heartbeatMs / 2) append(heartbeatFrame, 0, heartbeatFrame.length);
      return isPaused || now - heardAt <= 2 * heartbeatMs;
    },
  };
}
