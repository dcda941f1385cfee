import type { Duplex } from 'node:stream';
import type { Adapter, Cluster, GatewaySession, Runtime, ServeContext } from '@failover/core';
import { serveClient, withTls } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { createCommandTable } from '../protocol/commands/index.ts';
import { createRequestScanner } from '../protocol/scan-requests.ts';
import type { ClientStream } from '@failover/core';
import type { GatewayContext } from './context.ts';
import { zeroCounters } from './counters.ts';
import { createDataReports } from './data-reports.ts';
import type { Door } from './door.ts';
import { createDoor } from './door.ts';
import type { ListenerRole } from './handshake.ts';
import type { Greeting } from './hello.ts';
import { greetingIn } from './hello.ts';
import { identity } from './identity.ts';
import type { GatewayLimits } from './limits.ts';
import { defaultGatewayLimits } from './limits.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createKnownScripts } from './scripts.ts';
import { createSilenceWatch, lookMs } from './silence.ts';
import { createInstantTick, createTick } from './tick.ts';

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
  attach(
    client: ClientStream,
    at: Pick<ServeContext, 'role' | 'address' | 'reachedAt'>,
    onClosed: () => void,
  ): Relay;
}

/** Serves clients over one cluster, until it is disposed. Also in process: a client is any stream of bytes. */
export function openGateway(
  adapter: Pick<Adapter, 'classify'>,
  cluster: Cluster,
  config: RedisConfig,
  runtime: Runtime,
  options: GatewayOptions = {},
): RedisGateway {
  const counters = zeroCounters();
  const tick = options.flush === 'now' ? createInstantTick(runtime) : createTick(runtime);
  const limits = { ...defaultGatewayLimits, ...options.limits };
  const initial = identity(config.username, config.password, config.db, 2);
  const reports = createDataReports(cluster, tick, config.addresses);
  let { greeting } = options;
  const commands = createCommandTable(config.sharedCommands);
  const context: GatewayContext = {
    cluster,
    classify: adapter.classify,
    runtime: withTls(runtime, config.tls),
    tick,
    name: config.name,
    commands,
    scanner: createRequestScanner({ commands, maxSharedBytes: limits.maxSharedBytes }),
    limits,
    counters,
    scripts: createKnownScripts(),
    reports,
    holdMs: config.holdMs,
    continueAfterUnknown: options.continueAfterUnknown ?? false,
    get greeting() {
      return greeting;
    },
  };
  const doors = new Map<ListenerRole, Door>();
  const relays = new Set<Relay>();
  let isOpen = true;
  let lastClient = 0;

  function door(role: ListenerRole): Door {
    const existing = doors.get(role);
    if (existing !== undefined) return existing;
    const made = createDoor({
      context,
      config,
      role,
      greeted(reply) {
        greeting = greetingIn(reply) ?? greeting;
      },
    });
    doors.set(role, made);
    return made;
  }

  const look = createSilenceWatch(function* () {
    for (const { shared } of doors.values()) yield* shared.upstreams;
  }, reports.silent);

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
    at: Pick<ServeContext, 'role' | 'address' | 'reachedAt'>,
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
      reachedAt: at.reachedAt,
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
    serve: (client: Duplex, at: ServeContext) =>
      serveClient(client, at.drain, isOpen, (onClosed) => attach(client, at, onClosed)),
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
