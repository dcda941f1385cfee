import type { Duplex } from 'node:stream';
import type { Adapter, Cluster, GatewaySession, Lease, Runtime, ServeContext } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { createRequestScanner } from '../protocol/scan-requests.ts';
import { replay } from '../session/replay.ts';
import type { Session } from '../session/session.ts';
import type { ClientStream } from './client-stream.ts';
import type { GatewayContext } from './context.ts';
import { zeroCounters } from './counters.ts';
import type { Dialled } from './dial.ts';
import { dial } from './dial.ts';
import type { Credentials, ListenerRole } from './handshake.ts';
import type { Greeting } from './hello.ts';
import { greetingIn } from './hello.ts';
import type { Identity } from './identity.ts';
import { identity } from './identity.ts';
import type { GatewayLimits } from './limits.ts';
import { defaultGatewayLimits } from './limits.ts';
import { onAbort } from './on-abort.ts';
import type { Origin } from './origin.ts';
import { createOrigin } from './origin.ts';
import type { Pending } from './pending.ts';
import { openGate } from './pending.ts';
import type { Pool } from './pool.ts';
import { createPool } from './pool.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createKnownScripts } from './scripts.ts';
import { createSilenceWatch, lookMs } from './silence.ts';
import { createInstantTick, createTick } from './tick.ts';
import type { Owner, Upstream } from './upstream.ts';
import { createUpstream } from './upstream.ts';

export interface GatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  /** Default false: what stood behind an unknown command answers "not executed" until the client was told. */
  readonly continueAfterUnknown?: boolean;
  /** Default `tick`: commands of many sockets leave in one write. `now`: at the end of the running callback. */
  readonly flush?: 'tick' | 'now';
  /** What HELLO is answered before any server was reached; without it HELLO waits for one. */
  readonly greeting?: Greeting;
}

export interface RedisGateway extends GatewaySession {
  /** As `serve`, for a client that shares our process and can be spoken to. */
  attach(client: ClientStream, at: Pick<ServeContext, 'role' | 'address'>, onClosed: () => void): Relay;
}

interface Door {
  readonly origin: Origin;
  readonly shared: Pool<Pending>;
  openPinned(owner: Owner<Pending>, session: () => Session, onDrain: () => void): Pool<Pending>;
}

/** ms in which one server's refusals are told to the cluster once. */
const tellAgainMs = 20;

/** Serves clients over one cluster, until it is disposed. Also in process: a client is any stream of bytes. */
export function openGateway(
  adapter: Pick<Adapter, 'classify'>,
  cluster: Cluster,
  config: RedisConfig,
  runtime: Runtime,
  options: GatewayOptions = {},
): RedisGateway {
  const counters = zeroCounters();
  const listener: Credentials = {
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(config.password === undefined ? {} : { password: config.password }),
  };
  const tick = options.flush === 'now' ? createInstantTick(runtime) : createTick(runtime);
  const limits = { ...defaultGatewayLimits, ...options.limits };
  const initial = identity(config.username, config.password, config.db, 2);
  const untold = new Map<Upstream<Pending>, number>();
  const scripts = createKnownScripts();
  const toldAt = new WeakMap<Upstream<Pending>, number>();
  let { greeting } = options;
  const context: GatewayContext = {
    cluster,
    classify: adapter.classify,
    runtime,
    tick,
    scanner: createRequestScanner({ maxSharedBytes: limits.maxSharedBytes }),
    limits,
    counters,
    scripts,
    holdMs: config.holdMs,
    continueAfterUnknown: options.continueAfterUnknown ?? false,
    get greeting() {
      return greeting;
    },
    tellRefusal(upstream, code, text) {
      const now = tick.now();
      if (now - (toldAt.get(upstream) ?? -Infinity) < tellAgainMs) return;
      toldAt.set(upstream, now);
      cluster.report({
        type: 'said',
        member: { endpoint: upstream.lease.server, kind: 'data' },
        openedAt: upstream.openedAt,
        reply: { type: 'errorReply', code, text },
      });
    },
    tellUnknown(upstream, count, reason) {
      const before = untold.get(upstream);
      untold.set(upstream, (before ?? 0) + count);
      // Its clients are told one after the other in this very turn.
      if (before !== undefined) return;
      queueMicrotask(() => {
        const { target, server } = upstream.lease;
        cluster.reportUnknown(target, server, untold.get(upstream) ?? 0, reason);
        untold.delete(upstream);
      });
    },
  };
  const doors = new Map<ListenerRole, Door>();
  const relays = new Set<Relay>();
  let isOpen = true;
  let lastClient = 0;

  function dialAs(role: ListenerRole) {
    return (lease: Lease, who: Identity, done: (dialled: Dialled) => void): (() => void) =>
      dial(
        { lease, identity: who, listener, role, connectTimeoutMs: config.connectTimeoutMs, runtime },
        (dialled) => {
          const member = { endpoint: lease.server, kind: 'data' as const };
          if (dialled.type === 'verified') greeting = greetingIn(dialled.greeting) ?? greeting;
          else if (dialled.type === 'failed') {
            const { openedAt, reason } = dialled;
            cluster.report({ type: 'failed', member, openedAt, reason });
          } else if (dialled.type === 'unfit') {
            const { openedAt, reply } = dialled;
            cluster.report({ type: 'said', member, openedAt, reply });
          }
          done(dialled);
        },
      );
  }

  function adopt(
    lease: Lease,
    { socket, openedAt }: Extract<Dialled, { type: 'verified' }>,
    counter: 'sharedUpstreams' | 'pinnedUpstreams',
    closed: (upstream: Upstream<Pending>) => void,
    pinnedTo: { readonly pushOwner?: Owner<Pending>; readonly onDrain?: () => void } = {},
  ): Upstream<Pending> {
    counters[counter] += 1;
    return createUpstream<Pending>({
      ...pinnedTo,
      socket,
      lease,
      openedAt,
      maxWholeBytes: limits.maxWholeBytes,
      tickNow: tick.now,
      atEndOfTick: tick.atEnd,
      onClosed(upstream, reason, isOurs, hadWork) {
        counters[counter] -= 1;
        closed(upstream);
        if (!isOurs) scripts.forget(lease);
        // A server that closes an idle connection may only tidy up.
        if (isOurs || !hadWork) return;
        cluster.report({
          type: 'failed',
          member: { endpoint: lease.server, kind: 'data' },
          openedAt,
          reason,
        });
      },
    });
  }

  function door(role: ListenerRole): Door {
    const existing = doors.get(role);
    if (existing !== undefined) return existing;
    const timing = {
      after: (ms: number, callback: () => void) => runtime.after(ms, callback),
      random: () => runtime.random(),
    };
    const shared: Pool<Pending> = createPool<Pending>({
      ...timing,
      dial: dialAs(role),
      adopt: (lease, dialled) =>
        adopt(lease, dialled, 'sharedUpstreams', (upstream) => {
          shared.closed(upstream);
        }),
    });
    const made: Door = {
      origin: createOrigin(cluster, config.name, role),
      shared,
      openPinned(owner, session, onDrain) {
        const pinned: Pool<Pending> = createPool<Pending>({
          ...timing,
          maxUpstreams: 1,
          dial: dialAs(role),
          adopt(lease, dialled) {
            const upstream = adopt(
              lease,
              dialled,
              'pinnedUpstreams',
              (closed) => {
                pinned.closed(closed);
              },
              { pushOwner: owner, onDrain },
            );
            const [known, own] = [scripts.load(lease, tick.now()), replay(session())];
            const replyCount = known.replyCount + own.replyCount;
            if (replyCount > 0) {
              const bytes = Buffer.concat([known.bytes, own.bytes]);
              const item: Pending = { type: 'restore', deadline: Infinity, gate: openGate };
              upstream.send(owner, item, bytes, 0, bytes.length, replyCount);
            }
            return upstream;
          },
        });
        return pinned;
      },
    };
    doors.set(role, made);
    return made;
  }

  const look = createSilenceWatch(
    function* () {
      for (const { shared } of doors.values()) yield* shared.upstreams;
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

  function attach(
    client: ClientStream,
    at: Pick<ServeContext, 'role' | 'address'>,
    onClosed: () => void,
  ): Relay {
    counters.clients += 1;
    lastClient += 1;
    const relay = createRelay({
      ...door(at.role === 'replica' ? 'replica' : 'primary'),
      context,
      identity: initial,
      client,
      address: at.address,
      id: lastClient,
      onClosed() {
        counters.clients -= 1;
        relays.delete(relay);
        onClosed();
      },
    });
    relays.add(relay);
    return relay;
  }

  return {
    counters: counters as unknown as Readonly<Record<string, number>>,
    attach,
    serve(client: Duplex, at: ServeContext) {
      if (!isOpen || at.drain.aborted) {
        client.destroy();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        let stopListening = (): void => undefined;
        const relay = attach(client, at, () => {
          stopListening();
          resolve();
        });
        stopListening = onAbort(at.drain, relay.drain);
      });
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      stopLooking();
      for (const relay of [...relays]) relay.close();
      for (const { origin, shared } of doors.values()) {
        origin.close();
        shared.close('the gateway is closed');
      }
      await Promise.resolve();
    },
  };
}
