import type { DriverSpec } from '../load/driver/driver.ts';

export interface HistoryLoadSettings {
  readonly driver: DriverSpec;
  /** Names the clients in the history and their keys in Redis. */
  readonly process: string;
  readonly historyFile: string;
}

export type HistoryOrder = { readonly type: 'finish' };

export type HistoryNews =
  | { readonly type: 'ready' }
  | {
      readonly type: 'finished';
      readonly operations: number;
      /** Connections that were closed under the application's hands. */
      readonly closed: number;
    };

export const WRITERS = 4;
export const COUNTERS = 2;
export const READERS = 2;
