import type { ClientSpec } from '../../client/spec.ts';

/** What can be compared call by call: amqplib itself, and ours, which is amqplib on another stream. */
export type MeterSpec = Extract<ClientSpec, { readonly type: 'amqplib' | 'failover' }>;

/** Where a slice takes place. */
export interface Place {
  readonly queue: string;
  /** The node that leads the queue: what is prepared and removed goes there directly, outside of the measured time. */
  readonly server: string;
}

/** How an application uses the broker. */
export type Slice =
  /** Each confirm lets the next message go, so that so many are always in flight. */
  | {
      readonly type: 'publish';
      readonly inFlight: number;
      readonly lengthMs: number;
      readonly bodyBytes: number;
    }
  /** Consumes a queue that was filled before, and acknowledges each message. */
  | {
      readonly type: 'consume';
      readonly prefetch: number;
      readonly messages: number;
      readonly bodyBytes: number;
    };

export interface OpenLoad {
  readonly ratePerSecond: number;
  readonly warmMs: number;
  readonly lengthMs: number;
  readonly bodyBytes: number;
}

export type MeterOrder =
  | { readonly type: 'slice'; readonly place: Place; readonly slice: Slice }
  | { readonly type: 'openLoop'; readonly place: Place; readonly load: OpenLoad };

/** ms from the moment at which a message was due until its confirm. */
export interface Latencies {
  readonly messages: number;
  /** Without a confirm at the end: more than a few mean that the load was not sustained. */
  readonly unconfirmed: number;
  readonly p50: number;
  readonly p99: number;
  /** The median of the 99th percentiles of quarter seconds: without the pauses of the host. */
  readonly windowP99: number;
  readonly worst: number;
  /** How late the generator itself sent, 99th percentile: part of every figure above, alike for all. */
  readonly ownDelayP99: number;
}

export type MeterNews =
  | { readonly type: 'opened' }
  | { readonly type: 'sliced'; readonly perSecond: number; readonly messages: number }
  | ({ readonly type: 'latencies' } & Latencies)
  | { readonly type: 'failed'; readonly reason: string };

export interface MeterSettings {
  readonly spec: MeterSpec;
  /** The connection's name at the broker. */
  readonly name: string;
}
