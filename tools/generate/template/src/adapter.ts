import type { Adapter } from '@failover/core';
import { classify } from './classify.ts';
import { config, type SampleConfig } from './config.ts';
import { discover } from './discovery.ts';
import { watch } from './monitor.ts';
import type { MonitorReply } from './replies.ts';
import { rules, type Said } from './rules.ts';

/** Wiring only. */
export const adapter: Adapter<SampleConfig, MonitorReply, Said> = {
  contract: 1,
  backend: 'sample',
  config,
  rules,
  discover,
  watch: (member, _config, pace$, runtime) => watch(member, pace$, runtime),
  classify,
};
