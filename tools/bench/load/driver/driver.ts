import type { Outcome } from '../operation.ts';

export interface SentinelAddress {
  readonly sentinelPorts: readonly number[];
  readonly name: string;
}

export interface ClusterAddress {
  /** host:port of nodes to begin with. */
  readonly nodes: readonly string[];
}

/** How a load process reaches the cluster; plain data, since it crosses a process boundary. */
export type DriverSpec =
  | { readonly type: 'plain'; readonly port: number }
  | ({ readonly type: 'ioredisSentinel'; readonly failoverDetector: boolean } & SentinelAddress)
  | ({ readonly type: 'nodeRedisSentinel' } & SentinelAddress)
  | ({
      readonly type: 'failoverInProcess';
      /** Whether the connections of a process are duplicates of one client, or clients that know nothing of each other. */
      readonly share: 'client' | 'nothing';
    } & SentinelAddress)
  /** All connections of a process are one client, which has one for each node. */
  | ({ readonly type: 'ioredisCluster' | 'failoverCluster' } & ClusterAddress)
  /** One connection to each primary of now, and nothing that would follow another. */
  | ({ readonly type: 'direct' } & ClusterAddress);

/** What our own client tells of itself; peers tell nothing. */
export interface Told {
  readonly switches: number;
  readonly holds: number;
  readonly unknowns: number;
}

/** One worker's connection. */
export interface Driver {
  rpush(key: string, value: string): Promise<unknown>;
  incr(key: string): Promise<number>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  read(key: string): Promise<readonly string[]>;
  /** Called each time the connection that the application sees is closed by the other side. */
  onClose(listener: () => void): void;
  close(): Promise<void>;
}

export interface Drivers extends AsyncDisposable {
  readonly all: readonly Driver[];
  told?(): Told;
}

/** Redis' own words for "not executed"; everything else leaves it open. */
const REFUSED =
  /^(?:READONLY|LOADING|MASTERDOWN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|EXECABORT|NOAUTH|OOM|MISCONF)\b/;
/** Codes of our own errors that prove the same. */
const REFUSED_CODES: readonly string[] = [
  'not-sent',
  'refused',
  'hold-full',
  'deadline-passed',
  'fenced',
  'closed',
];

/** What an application can conclude from an error, with no knowledge that it does not have. */
export function outcomeOf(error: unknown): Exclude<Outcome, 'ok' | 'unsettled'> {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string' && REFUSED_CODES.includes(error.code))
    return 'refused';
  return REFUSED.test(error.message) ? 'refused' : 'unknown';
}
