import type { ConfigIssue } from '@failover/core';
import { ConfigError } from '@failover/core';
import type { RedisOptions as AllIoredisOptions } from 'ioredis';

const inConfig = 'write it in the first argument of createClient';
const serversInConfig = 'name `sentinels` or `servers` in the first argument of createClient';
const remove = 'remove it';
const ofSearch = 'belongs to a search that ioredis does not do here';

/** What would break a guarantee, or has no meaning behind a failover: why, and what to do instead. */
const refused = {
  host: ['would name one server', serversInConfig],
  port: ['would name one server', serversInConfig],
  path: ['would name one server', serversInConfig],
  family: ['would choose how one server is reached', remove],
  sentinels: ['would make ioredis look for the primary itself', inConfig],
  name: ['belongs to the Sentinels', inConfig],
  role: ['is always master here', remove],
  preferredSlaves: ['is always master here', remove],
  natMap: [ofSearch, 'write `addresses` in the first argument'],
  updateSentinels: [ofSearch, remove],
  failoverDetector: [ofSearch, remove],
  sentinelRetryStrategy: [ofSearch, remove],
  sentinelReconnectStrategy: [ofSearch, remove],
  sentinelCommandTimeout: [ofSearch, remove],
  sentinelMaxConnections: [ofSearch, remove],
  sentinelUsername: ['belongs to the Sentinels', inConfig],
  sentinelPassword: ['belongs to the Sentinels', inConfig],
  sentinelTLS: ['belongs to the Sentinels', 'write `sentinelTls` in the first argument'],
  enableTLSForSentinelMode: [ofSearch, 'write `tls` and `sentinelTls`, each apart, in the first argument'],
  tls: ['is needed to watch the servers too', 'write `tls` in the first argument'],
  username: ['is needed to watch the servers too', inConfig],
  password: ['is needed to watch the servers too', inConfig],
  db: ['is needed on every connection', inConfig],
  Connector: ['is ours', remove],
  connectTimeout: ['is not ioredis’ to keep', 'write connectTimeoutMs in the first argument'],
  socketTimeout: [
    'would cut calls that a server is still working on',
    'remove it: a hung server is found by its silence; commandTimeout bounds a call',
  ],
  retryStrategy: [
    'has nothing to do: the stream of ioredis is not lost with a server',
    'remove it; see holdMs',
  ],
  maxRetriesPerRequest: [
    'has nothing to do: a command waits for a server for holdMs',
    'remove it (null is accepted, for BullMQ)',
  ],
  autoResendUnfulfilledCommands: ['would run commands twice, or drop them', remove],
  enableReadyCheck: ['would wait for one server', remove],
  maxLoadingRetryTime: ['belongs to the ready check', remove],
  monitor: ['would stream every client’s commands', 'remove it; ask a server directly'],
  readOnly: ['would set the mode of a cluster’s replica', remove],
  himportFieldsets: ['leaves state on one connection that cannot be set up again', remove],
} as const satisfies Readonly<Partial<Record<keyof AllIoredisOptions, readonly [string, string]>>>;

/** The options of ioredis that go together with a failover. */
export type IoredisOptions = Omit<AllIoredisOptions, keyof typeof refused> & {
  /** Accepted because BullMQ’s documentation says to write it. */
  readonly maxRetriesPerRequest?: null;
};

const secret = /password|username|tls/i;

/** @throws ConfigError with field, value and fix for each option that cannot be kept. */
export function checkIoredisOptions(options: IoredisOptions): void {
  const issues = optionIssues('ioredis', undefined, options);
  if (issues.length > 0) throw new ConfigError(issues);
}

type Refused = Readonly<Record<string, readonly [problem: string, fix: string]>>;

/** @param table of refused options; by default that of an instance */
export function optionIssues(
  place: string,
  table: Refused = refused,
  options: object,
): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const [field, [problem, fix]] of Object.entries(table)) {
    const value = (options as Readonly<Record<string, unknown>>)[field];
    if (value === undefined || (field === 'maxRetriesPerRequest' && value === null)) continue;
    issues.push({ field: `${place}.${field}`, value: shown(field, value), problem, fix });
  }
  return issues;
}

function shown(field: string, value: unknown): unknown {
  if (secret.test(field)) return '(secret)';
  return typeof value === 'function' || typeof value === 'object' ? `(${typeof value})` : value;
}
