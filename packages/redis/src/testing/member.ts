/** One server or Sentinel that can be broken. */
export interface Member {
  /** Started, and neither killed nor hung. */
  readonly isRunning: boolean;
  kill(): void;
  hang(): void;
  resume(): void;
  restart(): Promise<void>;
  log(): readonly string[];
}
