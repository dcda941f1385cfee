import type { Cancel, ClientStream, Ms } from '@failover/core';
import { FrameError } from '../protocol/frame.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import { emptyLog } from '../session/topology-log.ts';
import { createClientClosing } from './client-closing.ts';
import { createClientOpening } from './client-opening.ts';
import { createClientSide } from './client-side.ts';
import type { ClientEar, Connection, GatewayContext } from './connection.ts';
import { isEnding, isOver } from './connection.ts';
import { drainWithinMs, isAtRest, stopConsuming } from './drain-client.ts';
import { expirePublishes } from './expire.ts';
import { hearClient } from './hear-client.ts';
import { createNodeLink } from './node-link.ts';
import type { KnownProperties } from './server-properties.ts';

/** One client's connection, from its first byte to its last. */
export interface Relay {
  /** Heartbeats and silence, both ways. To be called about ten times a second. */
  look(now: Ms): void;
  /** Takes nothing new and ends when what is under way is done. */
  drain(): void;
  close(): void;
}

export interface RelayOptions {
  readonly gateway: GatewayContext;
  readonly client: ClientStream;
  readonly address: string;
  readonly ear?: ClientEar;
  /** How many clients there are, so that they do not all dial at once. */
  crowd(): number;
  readonly properties: KnownProperties;
  onClosed(): void;
}

/** Bytes: what a client may send in one frame before it has agreed to a limit. */
const preTuneFrameBytes = 128 * 1024;
const drained = 'CONNECTION_FORCED - failover: the local process is being drained';

export function createRelay(options: RelayOptions): Relay {
  const { gateway, client, properties } = options;
  const { counters, runtime } = gateway;
  const scanner = createFrameScanner(preTuneFrameBytes);
  const timers = new Set<Cancel>();
  let drainUntil: Ms | undefined;

  const connection: Connection = {
    gateway,
    phase: 'header',
    identity: undefined,
    vhost: undefined,
    agreed: { frameMax: 0, channelMax: 0, heartbeatS: 0 },
    channels: new Map(),
    upstreamChannels: new Map(),
    upstream: undefined,
    downSince: undefined,
    log: emptyLog,
    get clientFrameMax() {
      return connection.agreed.frameMax;
    },
    hears: { cancel: false, blocked: false },
    isBlocked: false,
    owesSecretOk: false,
    isClientBehind: false,
    unconfirmedBytes: 0,
    heldBytes: 0,
    full: new Set(),
    stirredAt: -Infinity,
    triedPublishAt: -Infinity,
    isSettingUp: false,
    ear: options.ear,
    toClient(bytes, from, to) {
      side.append(bytes, from, to);
    },
    refuse(code, text) {
      if (isEnding(connection)) return;
      counters.protocolErrors += 1;
      closing.close(code, text);
    },
    after(ms, callback) {
      const cancel = runtime.after(ms, () => {
        timers.delete(cancel);
        callback();
      });
      timers.add(cancel);
    },
    onHeld() {
      side.balance();
    },
  };

  const side = createClientSide(connection, { client, node: () => node.upstream });
  const closing = createClientClosing(connection, { leaveNode: () => node.leave(), end });
  const opening = createClientOpening(connection, {
    client,
    properties,
    offered: () => node.offered,
    dial: () => node.dial(),
    openNode: (vhost) => node.open(vhost),
    setFrameMax: scanner.setFrameMax,
    close: closing.close,
    end,
  });
  const node = createNodeLink(connection, {
    opening,
    closing,
    properties,
    crowd: options.crowd,
  });

  const work = { opening, closing };
  const onFrame = (bytes: Buffer, from: number, to: number): boolean =>
    hearClient(connection, work, bytes, from, to);

  function onData(chunk: Buffer): void {
    if (isOver(connection)) return;
    side.heard();
    try {
      const rest = connection.phase === 'header' ? opening.readHeader(chunk) : chunk;
      if (rest !== undefined) scanner.feed(rest, onFrame);
    } catch (cause) {
      if (cause instanceof FrameError)
        connection.refuse(replyCode.frameError, `FRAME_ERROR - ${cause.message}`);
      else fail(cause);
    }
    side.balance();
  }

  /** A fault of ours ends this client and nobody else. */
  function fail(cause: unknown): void {
    const error = cause instanceof Error ? cause.message : String(cause);
    runtime.log('error', 'a client had to be closed', { address: options.address, error });
    closing.close(replyCode.internalError, 'INTERNAL_ERROR - failover: see its log');
  }

  function end(): void {
    if (isOver(connection)) return;
    side.flush();
    connection.phase = 'over';
    node.end();
    for (const cancel of timers) cancel();
    timers.clear();
    counters.channels -= connection.channels.size;
    client.end();
    options.onClosed();
  }

  client.on('data', onData);
  client.on('end', end);
  client.on('error', end);
  client.on('close', end);

  return {
    look(now) {
      if (isOver(connection)) return;
      node.beat(now);
      const { downSince, ear } = connection;
      if (downSince !== undefined && ear !== undefined) expirePublishes(connection, now, downSince);
      // While its node is looked for it may wait for long, and is told that we are here.
      if (connection.phase === 'opening') side.beat(now);
      if (connection.phase !== 'running') return;
      if (drainUntil !== undefined) {
        if (now >= drainUntil || isAtRest(connection)) {
          closing.close(replyCode.connectionForced, drained);
          return;
        }
        stopConsuming(connection);
      }
      if (side.beat(now)) {
        node.lookForSilence(now);
        return;
      }
      counters.closedSlow += 1;
      client.destroy();
      end();
    },
    drain() {
      if (connection.phase !== 'running') {
        closing.close(replyCode.connectionForced, drained);
        return;
      }
      drainUntil ??= runtime.now() + drainWithinMs;
      stopConsuming(connection);
    },
    close() {
      closing.close(replyCode.connectionForced, 'CONNECTION_FORCED - failover: closed');
      end();
    },
  };
}
