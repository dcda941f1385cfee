import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { EndpointId } from '@failover/core';
import { hostOf, portOf } from '@failover/core';

/** As much as libuv reads at once. */
const readBytes = 64 * 1024;

/**
 * A socket that reads into one buffer for ever and emits exact copies, where Node by itself takes 64 KiB anew for each
 * read and leads every chunk through a Readable: 3 µs for a command that is alone. It has no queue, so whoever listens
 * to 'data' must never stop listening between two turns of the event loop.
 */
export function connectFast(endpoint: EndpointId): Socket {
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback(count, buffer) {
      // The listener keeps slices of it: never a view of what is written to again.
      const chunk = Buffer.allocUnsafe(count);
      chunk.set(count === buffer.length ? buffer : buffer.subarray(0, count));
      socket.emit('data', chunk);
      return true;
    },
  };
  const socket: Socket = connect({
    host: hostOf(endpoint),
    port: portOf(endpoint),
    noDelay: true,
    keepAlive: true,
    onread,
  });
  return socket;
}
