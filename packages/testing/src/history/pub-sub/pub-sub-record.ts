import type { Period } from '../period.ts';
import type { Recorded } from '../operation-record.ts';

/** One call of a publisher; its key is the channel, its value is unique in the history. */
export interface PublishRecord extends Recorded {
  readonly f: 'publish';
  readonly value: string;
  /** How many the server says it reached, which in a cluster need not be all. */
  readonly receivers?: number;
}

/** A message as a subscriber got it. */
export interface HeardRecord {
  readonly f: 'heard';
  readonly subscriber: string;
  readonly key: string;
  readonly value: string;
  readonly at: number;
}

/** A subscriber was told that it missed what was published meanwhile. */
export interface GapRecord extends Period {
  readonly f: 'gap';
  readonly subscriber: string;
}

export interface Subscriber {
  readonly name: string;
  /** The channel that it hears from the beginning to the end. */
  readonly key: string;
  /** Whether it is told of its gaps: then it may miss nothing outside of them. */
  readonly isTold: boolean;
  /**
   * Whether it hears each publisher in its order. Nobody does whose publishers take several ways, as through several
   * nodes of a cluster.
   */
  readonly isOrdered: boolean;
}

export type PubSubRecord = PublishRecord | HeardRecord | GapRecord;
