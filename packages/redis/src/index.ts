export { adapter } from './adapter.ts';
export { createClient, type ClientOptions, type FailoverRedis } from './client/create-client.ts';
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
