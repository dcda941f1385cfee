import type { Gateway } from '@failover/core';
import { adapter } from '../adapter.ts';
import type { RabbitConfig } from '../config.ts';
import { openGateway } from './open-gateway.ts';

/** AMQP 0-9-1 on localhost: the broker's nodes may come and go behind it. */
export const gateway: Gateway<RabbitConfig> = {
  adapter,
  roles: ['peer'],
  open: openGateway,
};
