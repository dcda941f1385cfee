import type { Told } from '../client/messenger.ts';
import type { ClientSpec } from '../client/spec.ts';

/** One message, from the moment at which it was handed to the client. */
export interface Publication {
  readonly at: number;
  readonly endedAt?: number;
  readonly outcome: 'ok' | 'refused' | 'unknown' | 'unsettled';
  readonly error?: string;
}

/** One delivery, of a message of the load or of the prober. */
export interface Delivery {
  readonly by: 'load' | 'prober';
  readonly id: string;
  readonly publishedAt: number;
  readonly at: number;
  readonly redelivered: boolean;
  readonly resent: boolean;
}

export interface LoadSettings {
  readonly spec: ClientSpec;
  readonly name: string;
  readonly queue: string;
  readonly prefetch: number;
}

/** A message at each so many ms, whatever became of those before; or as many as may be in flight allow. */
export type Pace =
  { readonly type: 'every'; readonly ms: number } | { readonly type: 'full'; readonly inFlight: number };

export type LoadOrder =
  | { readonly type: 'connect'; readonly settings: LoadSettings }
  | { readonly type: 'disconnect' }
  | { readonly type: 'publish'; readonly pace: Pace }
  | { readonly type: 'latest' }
  | { readonly type: 'stop' }
  | { readonly type: 'finish'; readonly settleMs: number };

/** When the latest message was published that was confirmed, and that was delivered. */
export interface Latest {
  readonly confirmed: number;
  readonly delivered: number;
}

export interface LoadLog {
  /** The identity of a message is its place here. */
  readonly publications: readonly Publication[];
  readonly deliveries: readonly Delivery[];
  /** Why the application saw a connection or channel close, each time. */
  readonly closings: readonly string[];
  /** What was thrown where nobody could catch it: without a listener the application would have ended. */
  readonly crashes: readonly string[];
  readonly told?: Told | undefined;
  readonly worstLagMs: number;
}

export type LoadNews =
  | { readonly type: 'started' | 'connected' | 'disconnected' | 'stopped' }
  | { readonly type: 'failed'; readonly reason: string }
  | ({ readonly type: 'latest' } & Latest)
  | ({ readonly type: 'finished' } & LoadLog);
