export { adapter } from './adapter.ts';
export {
  createClient,
  createClusterClient,
  type ClientOptions,
  type ClusterClientOptions,
  type FailoverRedis,
  type FailoverRedisCluster,
} from './client/create-client.ts';
export { type IoredisClusterOptions } from './client/check-cluster-options.ts';
export { type IoredisOptions } from './client/check-options.ts';
export { ScanInterruptedError } from './errors.ts';
export { type RedisConfig, type RedisOptions } from './config.ts';
export {
  ConfigError,
  FailoverError,
  isFailoverError,
  isOutcomeUnknown,
  NotSentError,
  OutcomeUnknownError,
  RefusedError,
} from '@failover/core';
