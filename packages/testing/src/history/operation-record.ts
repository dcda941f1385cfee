/**
 * What the client was told. `ok`: it took effect. `refused`: proved that it did not. `unknown`: it may or
 * may not have. `error`: the server itself answered with an error, so it did not.
 */
export type RecordedOutcome = 'ok' | 'refused' | 'unknown' | 'error';

/** What all that a client was promised has in common. */
export interface Recorded {
  /** In the order in which operations were invoked, over the whole history. */
  readonly index: number;
  readonly worker: number;
  /** Which client program ran the worker. */
  readonly process: string;
  readonly key: string;
  /** ms, all instants of a history on one monotonic clock. When the open-loop schedule wanted it. */
  readonly scheduledAt: number;
  readonly invokedAt: number;
  /** When its first byte left, if the client can tell. */
  readonly sentAt?: number;
  /** Missing together with `outcome`: the promise never settled. */
  readonly endedAt?: number;
  readonly outcome?: RecordedOutcome;
  /** How often it was sent, if the client can tell. */
  readonly attempts?: number;
  readonly epoch?: string;
  /** Which server answered, if the client can tell. */
  readonly server?: string;
  /** Code or text of what it was rejected with. */
  readonly error?: string;
}

/** Appends a value, unique in the history, to a list. */
export interface AppendRecord extends Recorded {
  readonly f: 'append';
  readonly value: string;
}

/** Adds one to a counter. */
export interface IncrementRecord extends Recorded {
  readonly f: 'increment';
}

/** Reads a whole list. */
export interface ReadRecord extends Recorded {
  readonly f: 'read';
  readonly result?: readonly string[];
}

export interface ReadCounterRecord extends Recorded {
  readonly f: 'readCounter';
  readonly result?: number;
}

export type OperationRecord = AppendRecord | IncrementRecord | ReadRecord | ReadCounterRecord;

/** Who was promised something: workers of different programs have the same numbers. */
export const clientOf = (record: Pick<Recorded, 'process' | 'worker'>): string =>
  `${record.process}/${record.worker}`;

/** What the backend holds at the end, after all faults were healed. What is not there counts as empty. */
export interface FinalState {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly counters: Readonly<Record<string, number>>;
}
