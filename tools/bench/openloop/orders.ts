export interface OpenLoopSettings {
  readonly port: number;
  readonly connections: number;
  /** Operations a second over all connections; half SET, half GET. */
  readonly ratePerSecond: number;
  readonly valueBytes: number;
  readonly warmMs: number;
  readonly lengthMs: number;
}

/** Latencies in ms, from the moment at which an operation was due. */
export interface OpenLoopResult {
  readonly type: 'latencies';
  readonly ratePerSecond: number;
  readonly operations: number;
  /** Operations still unanswered at the end: more than a few mean that the load was not sustained. */
  readonly unanswered: number;
  readonly p50: number;
  readonly p99: number;
  /** The median of the 99th percentiles of quarter seconds: what the proxy costs, without the pauses of the host. */
  readonly windowP99: number;
  readonly p999: number;
  readonly worst: number;
  /** How late the generator itself sent, 99th percentile: it is part of every figure above, alike for all. */
  readonly ownDelayP99: number;
}
