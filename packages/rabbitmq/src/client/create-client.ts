import type { ClusterHandle, HoldLimits, Log, Runtime, TopologyStore } from '@failover/core';
import { ConfigError, createCluster, openHandle, systemRuntime } from '@failover/core';
import type { ChannelModel, SocketOptions } from 'amqplib';
import { adapter } from '../adapter.ts';
import type { RabbitConfig, RabbitOptions } from '../config.ts';
import { rabbitConfig } from '../config.ts';
import type { RabbitGateway } from '../gateway/open-gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { openModelOver } from './open-model-over.ts';
import type { ConnectionWishes } from './targets.ts';

export interface ClientOptions {
  /** Bounds of what may wait for a node; how long is `holdMs` of the config. */
  readonly hold?: Partial<Pick<HoldLimits, 'maxCount' | 'maxBytes'>>;
  /** Keeps last known members over a restart; nothing is written without one. */
  readonly store?: TopologyStore;
  readonly log?: Log;
  readonly runtime?: Runtime;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal;
}

/** amqplib's connection options. `recovery` is refused: this package recovers, and two would do it twice. */
export type FailoverSocketOptions = SocketOptions & { readonly recovery?: undefined };

/** Connections to one cluster, which share what is known of it. May be taken apart: nothing here uses `this`. */
export interface FailoverRabbit extends ClusterHandle {
  /** A genuine amqplib connection, with promises. It, its channels and its consumers outlive the node behind them. */
  readonly connect: (socketOptions?: FailoverSocketOptions) => Promise<ChannelModel>;
}

/** @throws ConfigError if an option is wrong, with field, value and fix. */
export function createClient(options: RabbitOptions, clientOptions: ClientOptions = {}): FailoverRabbit {
  return openClient(rabbitConfig.parse(options), clientOptions);
}

export function openClient(
  config: RabbitConfig,
  options: ClientOptions,
  wishes: Partial<ConnectionWishes> = {},
): FailoverRabbit {
  const { store, signal } = options;
  const runtime = options.runtime ?? systemRuntime(options.log === undefined ? {} : { log: options.log });
  const cluster = createCluster(adapter, config, {
    runtime,
    hold: { ...options.hold, windowMs: config.holdMs },
    ...(store === undefined ? {} : { store }),
  });
  const gateway: RabbitGateway = openGateway(cluster, config, runtime);
  const handle = openHandle({
    cluster,
    counters: () => gateway.counters,
    end: async () => {
      await gateway[Symbol.asyncDispose]();
    },
    signal,
  });
  return Object.assign(handle, {
    connect: async (socketOptions: FailoverSocketOptions = {}) => {
      checkSocketOptions(socketOptions);
      return openModelOver(gateway, { config, runtime, socketOptions, wishes });
    },
  });
}

function checkSocketOptions(options: object): void {
  if (!('recovery' in options) || options.recovery === undefined || options.recovery === false) return;
  throw new ConfigError([
    {
      field: 'recovery',
      value: '(options)',
      problem: 'would connect again beside this package, which does it already',
      fix: 'remove it: connections, channels and consumers come back by themselves',
    },
  ]);
}
