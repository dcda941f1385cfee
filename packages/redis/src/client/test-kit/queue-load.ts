/** What one BullMQ application saw of its jobs, by their ids. Times are of `performance.now()`. */
export interface QueueLoad extends AsyncDisposable {
  /** When `queue.add` was acknowledged. */
  readonly added: ReadonlyMap<string, number>;
  /** When the worker worked on it: more than one entry if it ran more than once. */
  readonly ran: ReadonlyMap<string, readonly number[]>;
  /** When the worker's completion was acknowledged, for each run that it was. */
  readonly completed: ReadonlyMap<string, readonly number[]>;
  /** How often BullMQ itself took the job from a worker that did not renew its lock. */
  readonly stalled: ReadonlyMap<string, number>;
  /** Completed, as `QueueEvents` told. */
  readonly heard: ReadonlySet<string>;
  /** What `queue.add` rejected with before the same id was added again. */
  readonly addedAgain: readonly string[];
  /** What the worker, the queue and its events complained of. */
  readonly errors: readonly string[];
  /** How often a connection was lost. */
  readonly closed: number;
  /** Ids by the state that the server holds them in, when it is asked. */
  stored(): Promise<Stored>;
  /** Ends production, at `count` jobs at least. */
  produced(count: number): Promise<void>;
}

export interface Stored {
  readonly completed: ReadonlySet<string>;
  /** With the reason that stands there. */
  readonly failed: ReadonlyMap<string, string>;
  /** In any other state. */
  readonly pending: number;
}
