import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { EndpointId } from '@failover/core';
import { hostOf, portOf } from '@failover/core';

/** When anybody answered that it is master. */
export interface MasterProbe extends Disposable {
  readonly seenAt: readonly number[];
}

/**
 * Asks each server for its role every 5 ms, on raw sockets with bytes of its own. How often it was answered is a
 * measure of time that a busy machine stretches for it as for who is measured.
 */
export function probeMasters(servers: readonly EndpointId[]): MasterProbe {
  const stops = new Set<() => void>();
  const seenAt: number[] = [];
  let isStopped = false;
  const probe = (server: EndpointId): void => {
    if (isStopped) return;
    const socket = connect({ host: hostOf(server), port: portOf(server), noDelay: true });
    const ask = (): void => {
      socket.write('*1\r\n$4\r\nROLE\r\n');
    };
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    stops.add(stop);
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1').startsWith('*3\r\n$6\r\nmaster')) seenAt.push(performance.now());
      timer = setTimeout(ask, 5);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      stops.delete(stop);
      setTimeout(probe, 1, server);
    });
  };
  for (const server of servers) probe(server);
  return {
    seenAt,
    [Symbol.dispose]() {
      isStopped = true;
      for (const stop of stops) stop();
    },
  };
}
