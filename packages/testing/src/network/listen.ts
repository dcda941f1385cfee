import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hostOf, portOf, type EndpointId } from '@failover/core';

/** Accepts connections until the returned function is called; connections that stand stay. */
export type Listen = (
  endpoint: EndpointId,
  onConnection: (stream: Duplex) => void,
) => Unlisten | Promise<Unlisten>;
export type Unlisten = () => void | Promise<void>;

/** Real TCP, for machines without the real server. */
export const tcpListen: Listen = (endpoint, onConnection) =>
  new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, onConnection);
    server.once('error', reject);
    server.listen(portOf(endpoint), hostOf(endpoint), () => {
      resolve(() => void server.close());
    });
  });

/** As the kernel does for a process that died: a reset where the stream knows one. */
export function resetStream(stream: Duplex): void {
  if ('resetAndDestroy' in stream) (stream as Socket).resetAndDestroy();
  else stream.destroy();
}
