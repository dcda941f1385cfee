import type { Adapter } from '@failover/core';
import { classify } from './classify.ts';
import type { RabbitConfig } from './config.ts';
import { rabbitConfig } from './config.ts';
import { discover } from './discovery.ts';
import { watch } from './monitor.ts';
import type { RabbitReply } from './replies.ts';
import type { RulesState } from './rules.ts';
import { rules } from './rules.ts';

/** RabbitMQ: every node of a cluster serves every client. */
export const adapter: Adapter<RabbitConfig, RabbitReply, RulesState> = {
  contract: 1,
  backend: 'rabbitmq',
  config: rabbitConfig,
  holdMs: ({ holdMs }) => holdMs,
  rules,
  discover,
  watch,
  classify,
};
