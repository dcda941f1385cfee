import type { Gateway } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { RedisConfig } from '../config.ts';
import { openGateway } from './open-gateway.ts';

/** RESP on localhost: the primary on one listener, replicas on another. */
export const gateway: Gateway<RedisConfig> = {
  adapter,
  roles: ['primary', 'replica'],
  open: (cluster, config, runtime) => openGateway(adapter, cluster, config, runtime),
};
