import {
  createCluster,
  members,
  systemRuntime,
  type Cluster,
  type ClusterOptions,
  type Runtime,
} from '@failover/core';
import { adapter } from '../adapter.ts';
import type { Request } from '../protocol/message.ts';
import { traitsOf } from '../protocol/traits.ts';
import { ring } from '../rules.ts';
import { createSteer } from './steer.ts';

export interface SampleClient extends AsyncDisposable, Pick<Cluster, 'topology$' | 'events$'> {
  /** Asks whichever peer can answer. An echo may run twice, so a lost answer is asked for again. */
  echo(text: string): Promise<string>;
}

/** @throws ConfigError if `config` is wrong. */
export function createClient(config: unknown, options: ClusterOptions = {}): SampleClient {
  const runtime: Runtime = options.runtime ?? systemRuntime();
  const cluster = createCluster(adapter, adapter.config.parse(config), { ...options, runtime });
  const steer = createSteer(runtime);

  const run = (request: Request): Promise<string> =>
    cluster.run(
      {
        name: request.type,
        traits: traitsOf(request),
        attempt: (lease, signal) => steer.attempt(lease, request, signal),
      },
      { target: ring.id, picker: members },
    );

  return {
    topology$: cluster.topology$,
    events$: cluster.events$,
    echo: (text) => run({ type: 'echo', text }),
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      steer.close();
    },
  };
}
