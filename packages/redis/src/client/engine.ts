import type { Cluster, Runtime } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { RedisConfig } from '../config.ts';
import type { RedisGateway } from '../gateway/open-gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import type { ListenerRole } from '../gateway/handshake.ts';
import type { ClientEnd } from './client-end.ts';
import { createClientEnd } from './client-end.ts';
import { connectionIsClosed } from './own-errors.ts';
import type { RelaySession } from './relay-stream.ts';
import { RelayStream } from './relay-stream.ts';

/** One gateway for all ioredis instances of a client, there only while one of them has a stream. */
export interface Engine {
  /** @throws Error after `close` */
  open(to?: Place): RelayStream;
  /** Ends every stream, as `disconnect` does. Resolves when all are closed, or after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  readonly counters: Readonly<Record<string, number>>;
  /** Everything unanswered is answered, every stream closed, every timer and socket gone. */
  close(): void;
}

/** Of a Redis Cluster: one of its shards, under its name, or all of them over one stream. */
export type Place =
  { readonly type: 'shard'; readonly shard: string; readonly role: ListenerRole } | { readonly type: 'all' };

export interface EngineOptions {
  readonly cluster: Cluster;
  readonly config: RedisConfig;
  readonly runtime: Runtime;
  readonly continueAfterUnknown: boolean;
  /** Default false: of a Redis Cluster, the replicas of each shard are a node too. */
  readonly showsReplicas?: boolean;
}

/** ms in which what is in flight may be answered when a client goes: ioredis' own default. */
export const disconnectTimeoutMs = 2000;
/** ms that the gateway outlives its last stream: long enough for ioredis to come back with the next. */
const lingerMs = 50;
/** More than Redis' own bound of 512 MB: ioredis keeps replies whole anyway, and a whole one is never cut. */
const maxWholeBytes = 1024 * 1024 * 1024;

export function createEngine(options: EngineOptions): Engine {
  const { cluster, config, runtime } = options;
  const streams = new Set<RelayStream>();
  let gateway: RedisGateway | undefined;
  let counters: Readonly<Record<string, number>> = {};
  let stopLingering = (): void => undefined;
  let tellDrained = (): void => undefined;
  let isClosed = false;

  function gatewayNow(): RedisGateway {
    stopLingering();
    gateway ??= openGateway(adapter, cluster, config, runtime, {
      flush: 'now',
      // ioredis keeps what is sent before it is ready in a queue without bounds; so it is ready at once.
      greeting: { server: 'redis', version: '0.0.0' },
      continueAfterUnknown: options.continueAfterUnknown,
      showsReplicas: options.showsReplicas ?? false,
      limits: { maxWholeBytes, maxPendingCommands: Infinity },
    });
    ({ counters } = gateway);
    return gateway;
  }

  function shut(): void {
    stopLingering();
    const open = gateway;
    gateway = undefined;
    void open?.[Symbol.asyncDispose]();
  }

  return {
    get counters() {
      return counters;
    },
    open(to) {
      if (isClosed) throw new Error(connectionIsClosed);
      const opened = gatewayNow();
      const stream = new RelayStream((made) => {
        const client = createClientEnd(made);
        const closed = (): void => {
          made.close();
          streams.delete(made);
          if (streams.size === 0) tellDrained();
          if (streams.size === 0 && !isClosed) stopLingering = runtime.after(lingerMs, shut);
        };
        return { requests: client.feed, ...serve(opened, client, to, closed) };
      });
      streams.add(stream);
      return stream;
    },
    async drain(timeoutMs) {
      if (streams.size === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = runtime.after(timeoutMs, resolve);
        tellDrained = () => {
          cancel();
          resolve();
        };
        for (const stream of [...streams]) stream.end();
      });
    },
    close() {
      isClosed = true;
      for (const stream of [...streams]) stream.destroy();
      shut();
    },
  };
}

const here = { role: 'primary', address: 'in-process' } as const;

function serve(
  { attach, attachToAll }: RedisGateway,
  client: ClientEnd,
  to: Place | undefined,
  closed: () => void,
): Pick<RelaySession, 'leave' | 'abandon'> {
  if (to?.type === 'all') {
    const all = attachToAll(client, here, closed);
    return {
      leave() {
        all.drain();
      },
      abandon() {
        all.kill();
      },
    };
  }
  const relay = attach(client, to === undefined ? here : { ...here, shard: to.shard, role: to.role }, closed);
  return {
    leave() {
      relay.leave();
    },
    abandon() {
      relay.abandon();
    },
  };
}
