import type { ClientSpec } from '../../client/spec.ts';
import type { Told } from '../../client/messenger.ts';
import type { Balance } from './balance.ts';

/** The last of them shares the first queue with another. */
export const CONSUMER_COUNT = 4;

export interface HistorySettings {
  readonly spec: ClientSpec;
  readonly name: string;
  readonly queues: readonly string[];
}

export type HistoryOrder =
  | { readonly type: 'begin' }
  | { readonly type: 'stop' }
  | { readonly type: 'look' }
  | { readonly type: 'finish' };

/** How far it is from quiet. */
export interface Look {
  /** Publishes and requests without an answer. */
  readonly open: number;
  /** Confirmed, and not yet consumed. */
  readonly missing: number;
  /** ms since the last delivery. */
  readonly idleMs: number;
  /** Consumers that got something from the bench itself, which publishes only at the end. */
  readonly alive: readonly number[];
}

export interface HistoryLog {
  readonly balance: Balance;
  /** When each consumer got its last message of the load. */
  readonly lastArrivals: readonly number[];
  readonly closings: readonly string[];
  /** What was thrown where nobody could catch it: without a listener the application would have ended. */
  readonly crashes: readonly string[];
  readonly told?: Told | undefined;
}

export type HistoryNews =
  | { readonly type: 'opened' | 'stopped' }
  | { readonly type: 'failed'; readonly reason: string }
  | ({ readonly type: 'look' } & Look)
  | ({ readonly type: 'finished' } & HistoryLog);
