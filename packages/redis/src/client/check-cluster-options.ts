import type { ConfigIssue } from '@failover/core';
import { ConfigError } from '@failover/core';
import type { ClusterOptions } from 'ioredis';
import type { IoredisOptions } from './check-options.ts';
import { optionIssues } from './check-options.ts';

const remove = 'remove it';
const ours = 'belongs to a search for nodes that ioredis does not do here';

/** What would break a guarantee, or has no meaning behind a failover: why, and what to do instead. */
const refused = {
  clusterNodeRetryStrategy: ['has nothing to do: the stream of a node is not lost with a server', remove],
  shardedSubscribers: ['has nothing to do: the one subscriber is at the shards of all its channels', remove],
  enableReadyCheck: ['would wait for one server', remove],
  useSRVRecords: [ours, 'write srv:NAME in `cluster` of the first argument'],
  resolveSrv: [ours, remove],
  dnsLookup: [ours, remove],
  natMap: [ours, 'write `addresses` in the first argument'],
  himportFieldsets: ['leaves state on one connection that cannot be set up again', remove],
} as const satisfies Readonly<Partial<Record<keyof ClusterOptions, readonly [string, string]>>>;

/** The options of an ioredis `Cluster` that go together with a failover. */
export type IoredisClusterOptions = Omit<ClusterOptions, keyof typeof refused | 'redisOptions'> & {
  /** Of the instance for each shard. */
  readonly redisOptions?: IoredisOptions;
};

/** @throws ConfigError with field, value and fix for each option that cannot be kept. */
export function checkClusterOptions(options: IoredisClusterOptions): void {
  const issues: ConfigIssue[] = [
    ...optionIssues('ioredis', refused, options),
    ...optionIssues('ioredis.redisOptions', undefined, options.redisOptions ?? {}),
  ];
  if (issues.length > 0) throw new ConfigError(issues);
}
