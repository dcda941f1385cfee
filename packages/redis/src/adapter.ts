import type { Adapter } from '@failover/core';
import { classify } from './classify.ts';
import type { RedisConfig } from './config.ts';
import { redisConfig } from './config.ts';
import { discover } from './discovery.ts';
import { watch } from './monitor.ts';
import type { RedisReply } from './replies.ts';
import type { RulesState } from './rules.ts';
import { rules } from './rules.ts';

/** Redis and Valkey: Sentinel and plain replication. */
export const adapter: Adapter<RedisConfig, RedisReply, RulesState> = {
  contract: 1,
  backend: 'redis',
  config: redisConfig,
  holdMs: ({ holdMs }) => holdMs,
  rules,
  discover,
  watch,
  classify,
};
