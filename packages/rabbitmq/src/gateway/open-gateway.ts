import type { Duplex } from 'node:stream';
import type { ClientStream, Cluster, GatewaySession, Runtime, ServeContext } from '@failover/core';
import { serveClient, withTls } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import { nodesOf } from '../rules.ts';
import type { ClientEar, GatewayContext } from './connection.ts';
import { zeroCounters } from './counters.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createKnownProperties } from './server-properties.ts';

export interface RabbitGateway extends GatewaySession {
  /** As `serve`, for a client that shares our process and can be spoken to. */
  attach(
    client: ClientStream,
    at: { readonly address: string; readonly ear?: ClientEar },
    onClosed: () => void,
  ): Relay;
}

/** ms between two looks at all clients, for heartbeats and silence. */
const lookMs = 100;

/** Serves clients over one cluster, until it is disposed. Also in process: a client is any stream of bytes. */
export function openGateway(cluster: Cluster, config: RabbitConfig, runtime: Runtime): RabbitGateway {
  const counters = zeroCounters();
  const target = nodesOf(config.name).id;
  const network = withTls(runtime, config.tls);
  const context: GatewayContext = { cluster, target, config, runtime: network, counters };
  const properties = createKnownProperties(context);
  const relays = new Set<Relay>();
  let isOpen = true;
  let counted = 0;
  // Whoever serves clients wants the nodes to be known before the first of them comes.
  const stopWatching = cluster.onChange(target, () => undefined);

  let stopLooking = (): void => undefined;
  const lookAgain = (): void => {
    stopLooking = runtime.after(lookMs, () => {
      const now = runtime.now();
      for (const relay of relays) relay.look(now);
      const done = counters.confirmed + counters.delivered;
      if (done > counted) cluster.countOperations(target, 'ok', done - counted);
      counted = done;
      lookAgain();
    });
  };
  lookAgain();

  function attach(
    client: ClientStream,
    at: { readonly address: string; readonly ear?: ClientEar },
    onClosed: () => void,
  ): Relay {
    counters.clients += 1;
    const relay = createRelay({
      gateway: context,
      client,
      ...at,
      crowd: () => relays.size,
      properties,
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
      serveClient(client, at.drain, isOpen, (onClosed) => attach(client, { address: at.address }, onClosed)),
    async [Symbol.asyncDispose]() {
      isOpen = false;
      stopLooking();
      for (const relay of [...relays]) relay.close();
      // Not before: unwatched, their connections to nodes end at once and without a word.
      stopWatching();
      await Promise.resolve();
    },
  };
}
