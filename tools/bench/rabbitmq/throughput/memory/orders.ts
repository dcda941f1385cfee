export interface IdleSettings {
  /** Where to connect. */
  readonly server: string;
  readonly connections: number;
  /** Spread evenly over the connections. */
  readonly queues: readonly string[];
}
