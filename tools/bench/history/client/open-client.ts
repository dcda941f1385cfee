import { performance } from 'node:perf_hooks';
import { type FailoverEvent } from '@failover/core';
import { createClient, createClusterClient } from '@failover/redis';
import { Cluster, type Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { openIoredis } from '../../load/driver/ioredis.ts';
import type { DriverSpec } from '../../load/driver/driver.ts';
import { connectionOver, type Connection } from './connection.ts';

/** What a subscriber was told that it missed, on the clock of all processes. */
export interface ToldGap {
  readonly from: number;
  readonly to: number;
}

/** One client of an application. */
export interface Client {
  /** Where a client shares its connection among callers that know nothing of each other, this is that connection. */
  shared(): Connection;
  /** One for commands that others must not wait for, or that are about the connection itself. */
  own(): Connection;
  /** Clients that tell nothing never call back. */
  onGap(listener: (gap: ToldGap) => void): void;
}

export interface ClientKind {
  /** Whether subscribers are told of their gaps. */
  readonly isTold: boolean;
  /** Not with those that know several nodes: their sharded subscriptions are another API. */
  readonly hasSharded: boolean;
  /** Not with those that know several nodes: they publish through any of them, and nodes pass on in no order. */
  readonly isOrdered: boolean;
  open(): Client;
}

const toldNothing = (): void => undefined;
/** ms from the clock of clients in this process to that of all. */
const sinceOrigin = now() - performance.now();

function gapsOf(
  events$: { subscribe(next: (event: FailoverEvent) => void): unknown },
  listener: (gap: ToldGap) => void,
): void {
  events$.subscribe((event) => {
    if (event.type === 'subscriptionGap')
      listener({ from: event.from + sinceOrigin, to: event.to + sinceOrigin });
  });
}

/** Clients of which each connection is an ioredis: each worker has one of its own. */
function ofConnections(connect: () => Connection): Client {
  return { shared: connect, own: connect, onGap: toldNothing };
}

/**
 * How to open clients as an application with this driver does.
 * @param onClose called each time a connection that the application sees is closed by the other side
 * @throws Error for a driver that is no ioredis
 */
export function clientKind(spec: DriverSpec, onClose: () => void): ClientKind {
  const over = (redis: Redis | Cluster): Connection => {
    redis.on('close', onClose);
    return connectionOver(redis);
  };
  switch (spec.type) {
    case 'plain':
    case 'ioredisSentinel':
      return {
        isTold: false,
        hasSharded: true,
        isOrdered: true,
        open: () => ofConnections(() => over(openIoredis(spec))),
      };
    case 'failoverInProcess':
      return {
        isTold: true,
        hasSharded: true,
        isOrdered: true,
        open() {
          const sentinels = spec.sentinelPorts.map((port) => `127.0.0.1:${String(port)}`);
          const { redis, events$ } = createClient({ name: spec.name, sentinels });
          let isUsed = false;
          const own = (): Connection => {
            const connection = isUsed ? redis.duplicate() : redis;
            isUsed = true;
            return over(connection);
          };
          return {
            shared: own,
            own,
            onGap: (listener) => {
              gapsOf(events$, listener);
            },
          };
        },
      };
    case 'ioredisCluster':
      return {
        isTold: false,
        hasSharded: false,
        isOrdered: false,
        open() {
          const cluster = new Cluster([...spec.nodes]);
          const shared = over(cluster);
          return { shared: () => shared, own: () => over(cluster.duplicate()), onGap: toldNothing };
        },
      };
    case 'failoverCluster':
      return {
        isTold: true,
        hasSharded: false,
        isOrdered: false,
        open() {
          const { cluster, events$ } = createClusterClient({ cluster: spec.nodes });
          const shared = over(cluster);
          return {
            shared: () => shared,
            own: () => over(cluster.duplicate()),
            onGap: (listener) => {
              gapsOf(events$, listener);
            },
          };
        },
      };
    case 'nodeRedisSentinel':
    case 'direct':
      throw new Error(`${spec.type} has no blocking pops, transactions and subscriptions here`);
  }
}
