import type { Period, Subscriber } from '@failover/testing';
import type { DriverSpec } from '../../load/driver/driver.ts';

export interface HistoryLoadSettings {
  readonly client: DriverSpec;
  /** Names the clients in the history and their keys in Redis. */
  readonly process: string;
  /** Each load writes its records into a file of its own here. */
  readonly directory: string;
}

/** What is done by several workers, and judged by itself. */
export type LoadKind = 'writes' | 'pubSub' | 'queues' | 'transactions';

export const fileOf = (directory: string, kind: LoadKind): string => `${directory}/${kind}.jsonl`;

export type HistoryOrder = { readonly type: 'finish' };

export type HistoryNews =
  | { readonly type: 'ready' }
  | {
      readonly type: 'finished';
      /** Connections that were closed under the application's hands. */
      readonly closed: number;
      readonly subscribers: readonly Subscriber[];
      readonly stalls: readonly Period[];
    };
