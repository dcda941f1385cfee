import type { Duplex } from 'node:stream';
import type { Adapter, Cluster, GatewaySession, Runtime, ServeContext } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import type { GatewayContext } from './context.ts';
import { zeroCounters } from './counters.ts';
import { dial } from './dial.ts';
import type { Credentials, ListenerRole } from './handshake.ts';
import { identity } from './identity.ts';
import type { GatewayLimits } from './limits.ts';
import { defaultGatewayLimits } from './limits.ts';
import { onAbort } from './on-abort.ts';
import type { Origin } from './origin.ts';
import { createOrigin } from './origin.ts';
import type { Pending } from './pending.ts';
import type { Pool } from './pool.ts';
import { createPool } from './pool.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createSilenceWatch, lookMs } from './silence.ts';
import { createTick } from './tick.ts';
import { createUpstream } from './upstream.ts';

export interface GatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  /** Default false: what stood behind an unknown command answers "not executed" until the client was told. */
  readonly continueAfterUnknown?: boolean;
}

interface Door {
  readonly origin: Origin;
  readonly pool: Pool<Pending>;
}

/** Serves clients over one cluster, until it is disposed. Also in process: a client is any stream of bytes. */
export function openGateway(
  adapter: Pick<Adapter, 'classify'>,
  cluster: Cluster,
  config: RedisConfig,
  runtime: Runtime,
  options: GatewayOptions = {},
): GatewaySession {
  const counters = zeroCounters();
  const listener: Credentials = {
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(config.password === undefined ? {} : { password: config.password }),
  };
  const context: GatewayContext = {
    cluster,
    classify: adapter.classify,
    runtime,
    tick: createTick(runtime),
    limits: { ...defaultGatewayLimits, ...options.limits },
    counters,
    listener,
    defaultDb: config.db,
    holdMs: config.holdMs,
    connectTimeoutMs: config.connectTimeoutMs,
    continueAfterUnknown: options.continueAfterUnknown ?? false,
  };
  const doors = new Map<ListenerRole, Door>();
  const relays = new Set<Relay>();
  let isOpen = true;

  function door(role: ListenerRole): Door {
    const existing = doors.get(role);
    if (existing !== undefined) return existing;
    const origin = createOrigin(cluster, config.name, role);
    const pool: Pool<Pending> = createPool<Pending>({
      dial(lease, who, done) {
        return dial(
          { lease, identity: who, listener, role, connectTimeoutMs: config.connectTimeoutMs, runtime },
          (dialled) => {
            const member = { endpoint: lease.server, kind: 'data' as const };
            if (dialled.type === 'failed') {
              const { openedAt, reason } = dialled;
              cluster.report({ type: 'failed', member, openedAt, reason });
            } else if (dialled.type === 'unfit') {
              const { openedAt, reply } = dialled;
              cluster.report({ type: 'said', member, openedAt, reply });
            }
            done(dialled);
          },
        );
      },
      adopt(lease, { socket, openedAt }) {
        counters.sharedUpstreams += 1;
        return createUpstream<Pending>({
          socket,
          lease,
          openedAt,
          maxWholeBytes: context.limits.maxWholeBytes,
          tickNow: context.tick.now,
          atEndOfTick: context.tick.atEnd,
          onClosed(upstream, reason, isOurs) {
            counters.sharedUpstreams -= 1;
            pool.closed(upstream);
            if (isOurs) return;
            const member = { endpoint: lease.server, kind: 'data' as const };
            cluster.report({ type: 'failed', member, openedAt, reason });
          },
        });
      },
      after: (ms, callback) => runtime.after(ms, callback),
      random: () => runtime.random(),
    });
    const made = { origin, pool };
    doors.set(role, made);
    return made;
  }

  const look = createSilenceWatch(
    function* () {
      for (const { pool } of doors.values()) yield* pool.upstreams;
    },
    ({ lease, openedAt }, forMs) => {
      cluster.report({ type: 'silent', member: { endpoint: lease.server, kind: 'data' }, openedAt, forMs });
    },
  );
  function countAnswered(): void {
    for (const { origin } of doors.values()) {
      if (origin.answered === 0) continue;
      cluster.countOperations(origin.target, 'ok', origin.answered);
      counters.commands += origin.answered;
      origin.answered = 0;
    }
  }
  let stopLooking = (): void => undefined;
  const lookAgain = (): void => {
    stopLooking = runtime.after(lookMs, () => {
      look(runtime.now());
      countAnswered();
      lookAgain();
    });
  };
  lookAgain();

  return {
    counters: counters as unknown as Readonly<Record<string, number>>,
    serve(client: Duplex, at: ServeContext) {
      if (!isOpen || at.drain.aborted) {
        client.destroy();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        counters.clients += 1;
        const relay = createRelay({
          context,
          ...door(at.role === 'replica' ? 'replica' : 'primary'),
          identity: identity(config.username, config.password, config.db, 2),
          client,
          onClosed() {
            counters.clients -= 1;
            relays.delete(relay);
            stopListening();
            resolve();
          },
        });
        relays.add(relay);
        const stopListening = onAbort(at.drain, relay.drain);
      });
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      stopLooking();
      for (const relay of [...relays]) relay.close();
      for (const { origin, pool } of doors.values()) {
        origin.close();
        pool.close('the gateway is closed');
      }
      await Promise.resolve();
    },
  };
}
