import type { Delivery } from '../load/orders.ts';

export interface ProbeSettings {
  /** Where to publish: the nodes that the fault leaves alone. */
  readonly servers: readonly string[];
  /** One of them, where to consume. */
  readonly consumeOn: string;
  readonly queues: readonly string[];
  readonly everyMs: number;
}

export type ProberOrder =
  | { readonly type: 'begin'; readonly settings: ProbeSettings }
  | { readonly type: 'probe' }
  /** From `at` on the fault is in effect. After an outage the first confirm is enough. */
  | { readonly type: 'fault'; readonly at: number; readonly isOutage: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'drain'; readonly limitMs: number }
  | { readonly type: 'end' };

/** A confirm of a message that the prober published, on a channel that was opened for it. */
export interface Sighting {
  readonly server: string;
  readonly publishedAt: number;
  readonly at: number;
}

export interface QueueLog {
  readonly queue: string;
  readonly confirms: readonly Sighting[];
  readonly deliveries: readonly Delivery[];
  /** Nothing was ready any more. */
  readonly isDrained: boolean;
}

export type ProberNews =
  | { readonly type: 'ready' | 'begun' | 'ended' }
  /** The first confirm of a message that was published after the fault. */
  | ({ readonly type: 'served'; readonly queue: string } & Sighting)
  | { readonly type: 'log'; readonly queues: readonly QueueLog[]; readonly worstLagMs: number };
