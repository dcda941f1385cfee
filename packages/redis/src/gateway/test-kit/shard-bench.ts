import type { Cluster, EndpointId, HashRange, Runtime, TargetId, TopologyDescription } from '@failover/core';
import { emptyTopology, endpoint, systemRuntime, targetId } from '@failover/core';
import { BehaviorSubject } from 'rxjs';
import { classify } from '../../classify.ts';
import { redisConfig } from '../../config.ts';
import type { GatewayOptions, RedisGateway } from '../open-gateway.ts';
import { openGateway } from '../open-gateway.ts';
import type { TestClient } from './bench-top.ts';
import { testClient } from './bench-top.ts';
import type { HandMadeCluster } from './hand-made-cluster.ts';
import { handMadeCluster } from './hand-made-cluster.ts';
import type { Handler, ScriptedServer } from './scripted-server.ts';
import { scriptedNetwork } from './scripted-network.ts';
import { scriptedServer } from './scripted-server.ts';

export interface BenchShard {
  readonly name: string;
  readonly server: ScriptedServer;
  readonly endpoint: EndpointId;
  /** Gives and takes its lease. */
  readonly target: HandMadeCluster;
  /** What it was asked, a line for each command. */
  readonly asked: readonly string[];
}

export interface ShardBench extends AsyncDisposable {
  readonly shards: readonly BenchShard[];
  readonly gateway: RedisGateway;
  readonly drain: AbortController;
  connect(): TestClient;
  /** From now on these shards, by their place, serve these slots, and no other does. */
  serve(...ranges: readonly (readonly HashRange[])[]): void;
}

/** Slots of two shards; `foo` is in the second one, `bar` in the first. */
export const halves: readonly (readonly HashRange[])[] = [[[0, 8191]], [[8192, 16_383]]];

/** A gateway over a Redis Cluster of scripted servers, one for each shard, all in memory. */
export function shardBench(
  handlerOf: (shard: number) => Handler,
  options: GatewayOptions & {
    readonly ranges?: readonly (readonly HashRange[])[];
    readonly holdMs?: number;
  } = {},
): ShardBench {
  const ranges = options.ranges ?? halves;
  const servers = new Map<EndpointId, ScriptedServer>();
  const runtime: Runtime = { ...systemRuntime(), ...scriptedNetwork(servers) };
  const shards = ranges.map((_, at): BenchShard => {
    const name = `redis-s${at}`;
    const at7000 = endpoint(`127.0.0.1:${7000 + at}`);
    const server = scriptedServer(handlerOf(at));
    servers.set(at7000, server);
    const target = handMadeCluster(targetId(name, 'primary'), runtime);
    target.grant(at7000);
    return {
      name,
      server,
      endpoint: at7000,
      target,
      get asked() {
        return server.received.map((args) => args.join(' '));
      },
    };
  });
  const topologyOf = (slots: readonly (readonly HashRange[])[]): TopologyDescription => {
    const empty = emptyTopology('redis');
    return {
      ...empty,
      targets: new Map(
        shards.map(({ name }, at) => {
          const id = targetId(name, 'primary');
          const target = { id, shard: name, role: 'primary', state: 'steady', since: 0, fence: 0 } as const;
          return [id, { ...target, claim: { type: 'none' }, ranges: slots[at] ?? [] }];
        }),
      ),
      servers: shards.reduce(
        (known, { name, endpoint: server }) => known.with(server, { endpoint: server, shard: name } as never),
        empty.servers,
      ),
    };
  };
  const topology$ = new BehaviorSubject(topologyOf(ranges));
  const byTarget = new Map<TargetId, HandMadeCluster>(
    shards.map(({ name, target }) => [targetId(name, 'primary'), target]),
  );
  const of = (target: TargetId): HandMadeCluster => {
    const found = byTarget.get(target);
    if (found === undefined) throw new Error(`nobody knows ${target}`);
    return found;
  };
  const [some] = shards;
  if (some === undefined) throw new Error('no shards');
  const cluster = {
    ...some.target,
    topology$,
    lease: (target) => of(target).lease(target),
    hold: (target, request) => of(target).hold(target, request),
    onChange: (target, listener) => of(target).onChange(target, listener),
    nextStep: (target, ...rest) => of(target).nextStep(target, ...rest),
  } as Cluster;
  const { holdMs } = options;
  const config = redisConfig.parse({
    cluster: shards.map((shard) => shard.endpoint),
    ...(holdMs === undefined ? {} : { holdMs }),
  });
  const gateway = openGateway({ classify }, cluster, config, runtime, options);
  const drain = new AbortController();
  return {
    shards,
    gateway,
    drain,
    connect: () => testClient(gateway, 'primary', drain.signal),
    serve(...slots) {
      topology$.next(topologyOf(slots));
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
