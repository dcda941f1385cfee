import { rabbitConfig } from '../../config.ts';
import { frameEndAt } from '../../protocol/frame.ts';
import { emptyLog } from '../../session/topology-log.ts';
import type { Connection } from '../connection.ts';
import { zeroCounters } from '../counters.ts';
import { hearNode } from '../hear-node.ts';

export interface ModelConnectionOptions {
  /** A frame for the client. */
  toClient(bytes: Buffer, from: number, to: number): void;
  /** Timers of the connection, for the test to ring. */
  readonly timers: (() => void)[];
  now?(): number;
  /** Whether another node than the client's is down. */
  readonly isNodeAway?: boolean;
}

/** A client's connection, as far as the bookkeeping of its channels looks at it. */
export function modelConnection({
  toClient,
  timers,
  now = () => 0,
  isNodeAway = false,
}: ModelConnectionOptions): Connection {
  const servers = new Map([['b', { kind: 'data', availability: isNodeAway ? 'down' : 'up' }]]);
  return {
    gateway: {
      config: rabbitConfig.parse({ servers: ['a', 'b'] }),
      counters: zeroCounters(),
      runtime: { now, random: () => 0.5 },
      cluster: { topology: { servers }, reportResent: () => undefined },
    },
    phase: 'running',
    channels: new Map(),
    upstreamChannels: new Map(),
    log: emptyLog,
    clientFrameMax: 131_072,
    hears: { cancel: false, blocked: false },
    stirredAt: -Infinity,
    unconfirmedBytes: 0,
    heldBytes: 0,
    full: new Set(),
    toClient(bytes: Buffer, from: number, to: number) {
      for (let at = from; at < to; at = frameEndAt(bytes, at)) toClient(bytes, at, frameEndAt(bytes, at));
    },
    refuse(_code: number, text: string) {
      throw new Error(text);
    },
    after: (_ms: number, callback: () => void) => void timers.push(callback),
    onHeld: () => undefined,
  } as unknown as Connection;
}

/** A frame of its node. */
export function hearFrame(connection: Connection, bytes: Buffer): void {
  hearNode(connection, { onClose: () => undefined, onClosed: () => undefined }, bytes, 0, bytes.length);
}
