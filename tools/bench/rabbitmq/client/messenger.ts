/** A delivery, as far as a bench looks at it. */
export interface Arrival {
  readonly text: string;
  /** The broker's own flag. */
  readonly redelivered: boolean;
  /** How often a quorum queue says that it came back, where the client shows it: after 20 times it is dropped. */
  readonly returns?: number;
  /** Marked by us as sent again. */
  readonly resent: boolean;
}

export interface Wish {
  /** The connection's name at the broker. */
  readonly name: string;
  readonly queue: string;
  readonly prefetch: number;
  /** It is acknowledged afterwards. */
  onArrival(arrival: Arrival): void;
  /** The application sees a connection or channel close, and is told why or not. */
  onClosed(reason: unknown): void;
}

/** What our own client or process tells of itself; peers tell nothing. */
export interface Told {
  /** Connections to a node that were replaced under a client. */
  readonly switches: number;
  readonly resent: number;
  readonly unknown: number;
}

/** One publisher with confirms and one consumer with manual acks on one queue, by way of some client. */
export interface Messenger {
  /** Resolves when the broker has confirmed it. @throws NotConnectedError if it was not even sent */
  publish(text: string): Promise<unknown>;
  told?(): Told;
  close(): Promise<void>;
}

/** The message stayed here. */
export class NotConnectedError extends Error {
  readonly code = 'not-connected';
}

const REFUSED_CODES: readonly unknown[] = [
  'not-connected',
  'not-sent',
  'hold-full',
  'deadline-passed',
  'closed',
];

/** What an application can conclude from an error, with no knowledge that it does not have. */
export function outcomeOf(error: unknown): 'refused' | 'unknown' {
  return error instanceof Error && 'code' in error && REFUSED_CODES.includes(error.code)
    ? 'refused'
    : 'unknown';
}
