export interface Scenario {
  readonly name: string;
  readonly clients: number;
  readonly pipeline: number;
  readonly valueBytes: number;
  /** Requests of one measurement with nothing between: about a second and a half. */
  readonly requests: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: '50 clients, 64 B', clients: 50, pipeline: 1, valueBytes: 64, requests: 120_000 },
  { name: '50 clients, 1 KiB', clients: 50, pipeline: 1, valueBytes: 1024, requests: 120_000 },
  { name: '50 clients, 64 B, pipeline 16', clients: 50, pipeline: 16, valueBytes: 64, requests: 1_000_000 },
  { name: '500 clients, 64 B', clients: 500, pipeline: 1, valueBytes: 64, requests: 120_000 },
];
