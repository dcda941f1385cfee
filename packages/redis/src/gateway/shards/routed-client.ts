import type { ClientStream } from '@failover/core';
import { newSession } from '../../session/session.ts';
import { factsOf, joinedFacts } from '../client-facts.ts';
import type { Listed } from '../clients.ts';
import type { GatewayContext } from '../context.ts';
import type { Identity } from '../identity.ts';
import type { Relay } from '../relay.ts';
import type { ShardRouterOptions } from './shard-router.ts';
import { createShardRouter } from './shard-router.ts';

export interface RoutedClientOptions extends Omit<ShardRouterOptions, 'openLane'> {
  readonly context: GatewayContext;
  readonly id: number;
  readonly address: string;
  /** Who it is until it says otherwise. */
  readonly identity: Identity;
  openLane(shard: string, client: ClientStream, onClosed: () => void): Relay;
}

/** A client of a whole cluster, as others see it: one, of whom each of its connections to shards knows a part. */
export function createRoutedClient(options: RoutedClientOptions): Listed {
  const { context, id, address, identity, reachedAt } = options;
  const { tick, users } = context;
  const openedAt = tick.now();
  const state = { identity, user: undefined, session: newSession };
  const lanes = new Set<Relay>();
  const router = createShardRouter({
    ...options,
    openLane(shard, client) {
      const lane = options.openLane(shard, client, () => {
        lanes.delete(lane);
      });
      lanes.add(lane);
      return lane;
    },
  });
  return {
    facts() {
      const ageMs = tick.now() - openedAt;
      const idle = { isInTransaction: false, isBlocked: false };
      const own = factsOf({ id, address, reachedAt, ageMs, users, state, ...idle });
      return joinedFacts(
        own,
        [...lanes].map((lane) => lane.facts()),
      );
    },
    // Asked by each of the client's shards: those know only their own.
    get blockedOn() {
      for (const { blockedOn } of lanes) if (blockedOn !== undefined) return blockedOn;
      return undefined;
    },
    drain() {
      router.drain();
    },
    kill() {
      router.close();
    },
    close() {
      router.close();
    },
  };
}
