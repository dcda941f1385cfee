import type { EndpointId, Runtime } from '@failover/core';
import { createCluster, endpointOf } from '@failover/core';
import { adapter } from '../../adapter.ts';
import type { RabbitOptions } from '../../config.ts';
import { rabbitConfig } from '../../config.ts';
import type { AmqpChannel } from '../../testing/amqp-channel.ts';
import { connectAmqp } from '../../testing/amqp-client.ts';
import type { AmqpClient } from '../../testing/amqp-client.ts';
import type { VirtualOptions, VirtualTestbed } from '../../testing/embedded/launch-virtual.ts';
import { launchVirtual } from '../../testing/embedded/launch-virtual.ts';
import type { RabbitGateway } from '../open-gateway.ts';
import { openGateway } from '../open-gateway.ts';

/** Where the gateway of a world listens. */
export const here = endpointOf('10.0.1.1', 5672);

/** A gateway before the double in virtual time: minutes pass in milliseconds. */
export interface World extends AsyncDisposable {
  readonly testbed: VirtualTestbed;
  readonly gateway: RabbitGateway;
  connect(): Promise<AmqpClient>;
  channel(client: AmqpClient): Promise<AmqpChannel>;
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until it is so. */
  untilSo(isSo: () => boolean, limitMs?: number): Promise<void>;
  counter(name: string): number;
  /** The local process is about to end. */
  drain(): void;
}

/** `tap` is on the way between the gateway and its nodes. */
export async function openWorld(
  options: Partial<VirtualOptions> = {},
  config: Partial<RabbitOptions> = {},
  tap: (runtime: Runtime) => Runtime = (runtime) => runtime,
): Promise<World> {
  const testbed = await launchVirtual({ seed: 1, electionMs: 300, ...options });
  const { runtime } = testbed;
  const checked = rabbitConfig.parse({ ...testbed.config, ...config });
  const cluster = createCluster(adapter, checked, { runtime, hold: { windowMs: checked.holdMs } });
  const gateway = openGateway(cluster, checked, tap(runtime));
  const drain = new AbortController();
  runtime.network.listen(here, (stream) => {
    void gateway.serve(stream, { role: 'peer', address: 'a test', drain: drain.signal });
  });
  return {
    testbed,
    gateway,
    until: (promise) => testbed.until(promise),
    connect: () => testbed.until(connectAmqp(runtime, here, { timeoutMs: 60_000 })),
    channel: (client) => testbed.until(client.openChannel(60_000)),
    untilSo: (isSo, limitMs = 120_000) => runtime.until(isSo, limitMs),
    counter: (name) => gateway.counters[name] ?? 0,
    drain: () => drain.abort(),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await testbed[Symbol.asyncDispose]();
    },
  };
}

/** Opens worlds that end with their test. Who tells of that is Vitest, which only tests may load. */
export function worldsUntil(
  onTestFinished: (end: () => Promise<void>) => void,
): (...options: Parameters<typeof openWorld>) => Promise<World> {
  return async (...options) => {
    const world = await openWorld(...options);
    onTestFinished(async () => {
      await world[Symbol.asyncDispose]();
    });
    return world;
  };
}

export function all(testbed: VirtualTestbed, act: (member: EndpointId) => unknown): void {
  for (const member of testbed.members) void act(member);
}
