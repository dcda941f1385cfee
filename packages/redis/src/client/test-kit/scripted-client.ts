import type { EndpointId, Runtime } from '@failover/core';
import { endpoint, systemRuntime, targetId } from '@failover/core';
import { redisConfig } from '../../config.ts';
import type { HandMadeCluster } from '../../gateway/test-kit/hand-made-cluster.ts';
import { handMadeCluster } from '../../gateway/test-kit/hand-made-cluster.ts';
import type { Handler, ScriptedServer } from '../../gateway/test-kit/scripted-server.ts';
import { scriptedNetwork } from '../../gateway/test-kit/scripted-network.ts';
import { scriptedServer } from '../../gateway/test-kit/scripted-server.ts';
import type { FailoverRedis, OpenOptions } from '../open-client.ts';
import { openClient } from '../open-client.ts';

export interface ScriptedClient extends FailoverRedis {
  readonly cluster: HandMadeCluster;
  readonly a: ScriptedServer;
  readonly b: ScriptedServer;
  readonly first: EndpointId;
  readonly second: EndpointId;
  /** Timers of the runtime that are set now. */
  readonly timers: number;
}

/** An ioredis over two scripted servers in memory, with a lease on the first. */
export function scriptedClient(
  handler: Handler,
  options: Partial<Pick<OpenOptions, 'ioredis' | 'signal' | 'continueAfterUnknown'>> = {},
): ScriptedClient {
  const [first, second] = [endpoint('127.0.0.1:7001'), endpoint('127.0.0.1:7002')];
  const [a, b] = [scriptedServer(handler), scriptedServer(handler)];
  const real = systemRuntime();
  let timers = 0;
  const runtime: Runtime = {
    ...real,
    after(ms, callback) {
      timers += 1;
      let isSet = true;
      const unset = (): void => {
        if (isSet) timers -= 1;
        isSet = false;
      };
      const cancel = real.after(ms, () => {
        unset();
        callback();
      });
      return () => {
        unset();
        cancel();
      };
    },
    ...scriptedNetwork(
      new Map([
        [first, a],
        [second, b],
      ]),
    ),
  };
  const cluster = handMadeCluster(targetId('redis', 'primary'), runtime);
  cluster.grant(first);
  const client = openClient({
    cluster,
    config: redisConfig.parse({ servers: [first, second] }),
    runtime,
    ioredis: {},
    continueAfterUnknown: true,
    ...options,
  });
  client.redis.on('error', () => undefined);
  return Object.defineProperties(client, {
    cluster: { value: cluster },
    a: { value: a },
    b: { value: b },
    first: { value: first },
    second: { value: second },
    timers: { get: () => timers },
  }) as ScriptedClient;
}
