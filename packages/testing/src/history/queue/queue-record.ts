import type { Recorded } from '../operation-record.ts';

/** Puts a value, unique in the history, behind all others of a list. */
export interface PushRecord extends Recorded {
  readonly f: 'push';
  readonly value: string;
}

/** Takes the first of a list, and waits for one if there is none. */
export interface PopRecord extends Recorded {
  readonly f: 'pop';
  /** `null`: it waited in vain. */
  readonly result?: string | null;
  /** The list to which it moves what it takes, if it does. */
  readonly into?: string;
}

export type QueueRecord = PushRecord | PopRecord;

/** What the backend holds at the end, after all faults were healed, by queue. */
export interface FinalQueues {
  /** What nobody took. What is not there counts as empty. */
  readonly left: Readonly<Record<string, readonly string[]>>;
  /** Of queues whose pops move values: all that were moved, so that none can be lost on its way. */
  readonly moved: Readonly<Record<string, readonly string[]>>;
}
