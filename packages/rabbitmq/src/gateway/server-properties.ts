import type { Lease } from '@failover/core';
import { decodeAs } from '../protocol/decode.ts';
import { FrameError, frameType, protocolHeader } from '../protocol/frame.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import type { Table } from '../protocol/table.ts';
import type { GatewayContext } from './connection.ts';

/** What the nodes say of themselves before anybody logs in: clients are told the same. */
export interface KnownProperties {
  /** Calls back with what is known, at once if something is; `undefined` if no node could be asked. */
  get(callback: (properties: Table | undefined) => void): void;
  learn(properties: Table): void;
}

const startFrameBytes = 64 * 1024;

export function createKnownProperties(context: GatewayContext): KnownProperties {
  let known: Table | undefined;
  let waiting: ((properties: Table | undefined) => void)[] = [];

  function tell(properties: Table | undefined): void {
    known = properties ?? known;
    const due = waiting;
    waiting = [];
    for (const callback of due) callback(known);
  }

  async function ask(): Promise<void> {
    const { cluster, target } = context;
    try {
      const lease = cluster.lease(target) ?? (await cluster.hold(target, { bytes: 0, count: 1 }));
      askOne(context, lease, tell);
    } catch {
      tell(undefined);
    }
  }

  return {
    get(callback) {
      if (known !== undefined) callback(known);
      else if (waiting.push(callback) === 1) void ask();
    },
    learn(properties) {
      known = properties;
    },
  };
}

/** The first frame of a node answers the protocol header, and needs no name. */
function askOne(
  { runtime, config }: GatewayContext,
  lease: Lease,
  done: (properties: Table | undefined) => void,
): void {
  const socket = runtime.connect(lease.server);
  const scanner = createFrameScanner(startFrameBytes);
  let isOver = false;
  const finish = (properties: Table | undefined): void => {
    if (isOver) return;
    isOver = true;
    cancel();
    socket.destroy();
    done(properties);
  };
  const cancel = runtime.after(config.connectTimeoutMs, () => {
    finish(undefined);
  });
  socket.on('connect', () => socket.write(protocolHeader));
  socket.on('error', () => {
    finish(undefined);
  });
  socket.on('close', () => {
    finish(undefined);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      scanner.feed(chunk, (bytes, from, to) => {
        if (bytes[from] !== frameType.method) throw new FrameError('not a method');
        finish(decodeAs('connection.start', bytes, from, to).serverProperties);
        return false;
      });
    } catch {
      finish(undefined);
    }
  });
}
