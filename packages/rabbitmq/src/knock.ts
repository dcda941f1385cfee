import type { Cancel, EndpointId, Runtime } from '@failover/core';
import { decodeAs } from './protocol/decode.ts';
import { FrameError, frameType, protocolHeader } from './protocol/frame.ts';
import { createFrameScanner } from './protocol/scan.ts';
import type { Table } from './protocol/table.ts';

/** Bytes: what a node says of itself before anybody has agreed to a limit. */
const startFrameBytes = 64 * 1024;

/**
 * The least that shows that a node lives: it answers the protocol header with what it says of itself. No name is
 * needed, and a stopped process, which still accepts connections, does not. One of both is called once; it has no
 * deadline itself.
 */
export function knock(
  endpoint: EndpointId,
  runtime: Runtime,
  onAnswered: (serverProperties: Table) => void,
  onEnd: (reason: string) => void,
): Cancel {
  const socket = runtime.connect(endpoint);
  const scanner = createFrameScanner(startFrameBytes);
  let isOver = false;
  const finish = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    tell();
  };
  const fail = (reason: string): void => {
    finish(() => {
      onEnd(reason);
    });
  };
  socket.on('connect', () => {
    if (!isOver) socket.write(protocolHeader);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      scanner.feed(chunk, (bytes, from, to) => {
        if (bytes[from] !== frameType.method) throw new FrameError('it begins with no method');
        const { serverProperties } = decodeAs('connection.start', bytes, from, to);
        finish(() => {
          onAnswered(serverProperties);
        });
        return false;
      });
    } catch (cause) {
      if (!(cause instanceof FrameError)) throw cause;
      fail('it does not speak AMQP 0-9-1');
    }
  });
  socket.on('error', (cause) => {
    fail(cause.message);
  });
  socket.on('close', () => {
    fail('closed by the node');
  });
  return () => {
    finish(() => undefined);
  };
}
