import type { Cancel, EndpointId, Runtime } from '@failover/core';
import { frameType, protocolHeader } from '../protocol/frame.ts';

/**
 * The least that shows that a node lives: it answers the protocol header. No name is needed, and a stopped process,
 * which still accepts connections, does not. Has no deadline itself.
 */
export function knock(
  endpoint: EndpointId,
  runtime: Runtime,
  onAnswered: () => void,
  onEnd: (reason: string) => void,
): Cancel {
  const socket = runtime.connect(endpoint);
  let isOver = false;
  const finish = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    tell();
  };
  socket.on('connect', () => {
    if (!isOver) socket.write(protocolHeader);
  });
  socket.on('data', (chunk: Buffer) => {
    finish(() => {
      if (chunk[0] === frameType.method) onAnswered();
      else onEnd('it does not speak AMQP 0-9-1');
    });
  });
  socket.on('error', (cause) => {
    finish(() => {
      onEnd(cause.message);
    });
  });
  socket.on('close', () => {
    finish(() => {
      onEnd('closed by the node');
    });
  });
  return () => {
    finish(() => undefined);
  };
}
