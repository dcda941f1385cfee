import type { Gateway } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { SampleConfig } from '../config.ts';
import { relay } from './relay.ts';

export const gateway: Gateway<SampleConfig> = {
  adapter,
  roles: ['peer'],
  open(cluster, _config, runtime) {
    const counters = { clients: 0, requests: 0 };
    return {
      counters,
      async serve(client, { drain }) {
        counters.clients += 1;
        counters.requests += await relay(client, cluster, runtime, drain);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};
