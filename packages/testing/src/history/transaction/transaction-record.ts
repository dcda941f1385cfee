import type { AppendRecord, Recorded } from '../operation-record.ts';

/** One transaction that appends the same value to all lists of a group, whose name is its key. */
export type AppendTogetherRecord = AppendRecord;

/** One transaction that reads all lists of a group. */
export interface ReadTogetherRecord extends Recorded {
  readonly f: 'readTogether';
  readonly result?: readonly (readonly string[])[];
}

/** Reads a counter under watch and, in a transaction, writes one more. Told as `error`: it had changed meanwhile. */
export interface CompareAndSetRecord extends Recorded {
  readonly f: 'compareAndSet';
  /** What it wrote, if that was answered. */
  readonly value?: number;
}

export type TransactionRecord = AppendTogetherRecord | ReadTogetherRecord | CompareAndSetRecord;

/** What the backend holds at the end, after all faults were healed. What is not there counts as empty. */
export interface FinalTransactions {
  /** All lists of each group. */
  readonly groups: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly counters: Readonly<Record<string, number>>;
}
