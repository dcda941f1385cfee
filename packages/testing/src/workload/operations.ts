import type { RecordedOutcome } from '../history/index.ts';

/** What a client can tell about an operation that was acknowledged. All of it is optional evidence. */
export interface Evidence {
  /** On the clock of the workload. */
  readonly sentAt?: number;
  readonly attempts?: number;
  readonly epoch?: string;
  readonly server?: string;
}

export interface ListRead extends Evidence {
  /** The whole list, oldest first. */
  readonly values: readonly string[];
}

export interface CounterRead extends Evidence {
  readonly count: number;
}

/**
 * What a workload asks of a client. Each resolves when the operation was acknowledged, and rejects otherwise.
 * The signal ends the wait: a client that honours it rejects soon after.
 */
export interface Operations {
  /** Adds a value at the end of a list. */
  append(list: string, value: string, signal: AbortSignal): Promise<Evidence | undefined>;
  /** Adds one. */
  increment(counter: string, signal: AbortSignal): Promise<Evidence | undefined>;
  read(list: string, signal: AbortSignal): Promise<ListRead>;
  readCounter(counter: string, signal: AbortSignal): Promise<CounterRead>;
  /** What a rejection proves. What is not known to have been refused is `unknown`. */
  outcomeOf(error: unknown): RejectedOutcome;
}

export interface RejectedOutcome extends Evidence {
  readonly outcome: Exclude<RecordedOutcome, 'ok'>;
  /** Code or text for the record; by default the error's own. */
  readonly error?: string;
}
