import type { Duplex } from 'node:stream';
import type { Adapter, Cluster, GatewaySession, Runtime, ServeContext, TargetId } from '@failover/core';
import { serveClient, targetId, withTls } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { createCommandTable } from '../protocol/commands/index.ts';
import { createRequestScanner } from '../protocol/scan-requests.ts';
import type { ClientStream } from '@failover/core';
import type { Clients, Listed, ListedAt } from './clients.ts';
import type { GatewayContext } from './context.ts';
import { zeroCounters } from './counters.ts';
import { createDataReports } from './data-reports.ts';
import type { Door } from './door.ts';
import { createDoor } from './door.ts';
import { createDoors } from './doors.ts';
import { WriteGuard } from './guard/write-guard.ts';
import { createHalfClose } from './half-close.ts';
import type { ListenerRole } from './handshake.ts';
import type { Greeting } from './hello.ts';
import { greetingIn } from './hello.ts';
import { identity } from './identity.ts';
import type { GatewayLimits } from './limits.ts';
import { defaultGatewayLimits } from './limits.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createKnownScripts } from './scripts.ts';
import { createRoutedClient } from './shards/routed-client.ts';
import type { SlotMap } from './shards/slot-map.ts';
import { createSlotMap } from './shards/slot-map.ts';
import { createSilenceWatch, lookMs } from './silence.ts';

import { createInstantTick, createTick } from './tick.ts';
import { createUsers } from './users.ts';

export interface GatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  /** Default false: what stood behind an unknown command answers "not executed" until the client was told. */
  readonly continueAfterUnknown?: boolean;
  /** Default `tick`: commands of many sockets leave in one write. `now`: at the end of the running callback. */
  readonly flush?: 'tick' | 'now';
  /** What HELLO is answered before any server was reached; without it HELLO waits for one. */
  readonly greeting?: Greeting;
  /** Shows a client of one shard the replicas of each, as one more node. */
  readonly showsReplicas?: boolean;
}

export interface RedisGateway extends GatewaySession {
  /** As `serve`, for a client that shares our process and can be spoken to. */
  attach(client: ClientStream, at: AttachedAt, onClosed: () => void): Relay;
  /** As `attach`, to a whole Redis Cluster. */
  attachToAll(client: ClientStream, at: AttachedAt, onClosed: () => void): Listed;
}

export interface AttachedAt extends Pick<ServeContext, 'role' | 'address' | 'reachedAt'> {
  /** Of a Redis Cluster: the shard that the client wants, under its name. */
  readonly shard?: string;
}

const roleOf = ({ role }: AttachedAt): ListenerRole => (role === 'replica' ? 'replica' : 'primary');

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
  const slots =
    config.cluster.length > 0 ? createSlotMap(cluster, config.addresses, options.showsReplicas) : undefined;
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
    slots,
    users: config.clients === undefined ? undefined : createUsers(config.clients),
    holdMs: config.holdMs,
    continueAfterUnknown: options.continueAfterUnknown ?? false,
    get greeting() {
      return greeting;
    },
  };
  const guardRules =
    config.waitReplicas === undefined
      ? undefined
      : { replicas: config.waitReplicas, timeoutMs: config.waitTimeoutMs };
  const doors = createDoors((shard, role) =>
    createDoor({
      context,
      config,
      shard,
      role,
      greeted(reply) {
        greeting = greetingIn(reply) ?? greeting;
      },
    }),
  );
  const mayHalfClose = createHalfClose(runtime, config.holdMs);
  const clientsByDoor = new Map<TargetId, Clients>();
  let isOpen = true;
  let lastClient = 0;

  const look = createSilenceWatch(function* () {
    for (const { shared } of doors) yield* shared.upstreams;
  }, reports.silent);

  function countAnswered(): void {
    for (const { origin } of doors) {
      if (origin.answered === 0) continue;
      cluster.countOperations(origin.target, 'ok', origin.answered);
      counters.commands += origin.answered;
      origin.answered = 0;
    }
  }

  function noteHeard(): void {
    for (const { origin, shared } of doors) {
      for (const { heardAt } of shared.upstreams) origin.heardAt = Math.max(origin.heardAt, heardAt);
    }
  }

  function forgetGone(): void {
    if (slots === undefined) return;
    doors.closeGone(slots.isKnown, (target) => {
      // It comes again for another shard, which tells it where the slots are.
      for (const client of [...(clientsByDoor.get(target)?.values() ?? [])]) client.kill();
    });
    for (const [target, clients] of clientsByDoor) if (clients.size === 0) clientsByDoor.delete(target);
  }

  let stopLooking = (): void => undefined;
  const lookAgain = (): void => {
    stopLooking = runtime.after(lookMs, () => {
      look(runtime.now());
      noteHeard();
      countAnswered();
      forgetGone();
      lookAgain();
    });
  };
  lookAgain();

  const openRelay = (client: ClientStream, door: Door, at: ListedAt, onClosed: () => void): Relay =>
    createRelay({ context, door, identity: initial, client, at, onClosed });

  function openGuarded(client: ClientStream, door: Door, at: ListedAt, onClosed: () => void): Relay {
    const { lease, role } = door.origin;
    if (guardRules === undefined || role === 'replica') return openRelay(client, door, at, onClosed);
    return new WriteGuard({
      context,
      rules: guardRules,
      client,
      lease,
      openRelay: (stream) => openRelay(stream, door, at, () => undefined),
      onClosed,
    });
  }

  function clientsOf(at: AttachedAt): Clients {
    const target = targetId(at.shard ?? config.name, roleOf(at));
    const clients = clientsByDoor.get(target) ?? new Map<number, Listed>();
    clientsByDoor.set(target, clients);
    return clients;
  }

  function listed<T extends Listed>(
    at: AttachedAt,
    open: (known: ListedAt, onClosed: () => void) => T,
    onClosed: () => void,
  ): T {
    counters.clients += 1;
    lastClient += 1;
    const id = lastClient;
    const clients = clientsOf(at);
    // No spread: to each object with fields behind one V8 gives a shape of its own, larger than what is in it.
    const client = open({ id, clients, address: at.address, reachedAt: at.reachedAt }, () => {
      counters.clients -= 1;
      clients.delete(id);
      onClosed();
    });
    clients.set(id, client);
    return client;
  }

  const attach: RedisGateway['attach'] = (client, at, onClosed) =>
    listed(
      at,
      (known, closed) => openGuarded(client, doors.to(at.shard ?? config.name, roleOf(at)), known, closed),
      onClosed,
    );

  /** A client that knows of no shards reaches them all over its one connection. */
  const route = (client: ClientStream, map: SlotMap, at: AttachedAt, onClosed: () => void): Listed =>
    listed(
      at,
      (known, closed) =>
        createRoutedClient({
          context,
          slots: map,
          client,
          identity: initial,
          id: known.id,
          address: at.address,
          reachedAt: at.reachedAt,
          openLane: (shard, stream, laneClosed) =>
            openGuarded(stream, doors.to(shard, roleOf(at)), known, laneClosed),
          leaseOf: (shard) => doors.to(shard, roleOf(at)).origin.lease(),
          onClosed: closed,
        }),
      onClosed,
    );

  const attachToAll: RedisGateway['attachToAll'] = (client, at, onClosed) =>
    slots === undefined ? attach(client, at, onClosed) : route(client, slots, at, onClosed);

  return {
    counters: counters as unknown as Readonly<Record<string, number>>,
    attach,
    attachToAll,
    serve(client: Duplex, at: ServeContext) {
      mayHalfClose(client);
      return serveClient(client, at.drain, isOpen, (onClosed) => attachToAll(client, at, onClosed));
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      stopLooking();
      for (const clients of clientsByDoor.values()) for (const client of clients.values()) client.close();
      slots?.close();
      doors.close();
      await Promise.resolve();
    },
  };
}
