/**
 * What became of one attempt. Retry safety belongs to the failure, not to the command.
 * - `notSent`: no byte of it left.
 * - `refused`: the server's own words prove that it did not execute.
 * - `ok`, `appError`: a complete reply to that very operation.
 * - `unknown`: bytes left and no reply came. Never mapped to anything retryable.
 */
export type Outcome =
  | { readonly type: 'notSent'; readonly reason: string }
  | { readonly type: 'refused'; readonly code: string; readonly isRoleRefusal: boolean }
  | { readonly type: 'ok' }
  | { readonly type: 'appError'; readonly code: string }
  | { readonly type: 'unknown'; readonly reason: string };

/** What must be known of an operation to decide what may be done after a failure. */
export interface Traits {
  /** Running it twice equals running it once, also when another writer came between. Reads are. */
  readonly isIdempotent: boolean;
  readonly isWrite: boolean;
  /** Inside a transaction, cursor or pinned channel: never held, never moved, never sent again. */
  readonly isPinned: boolean;
}

/** How an attempt ended without a plain reply: what an adapter's `classify` is asked about. */
export type Failure =
  | { readonly type: 'notWritten'; readonly reason: string }
  | { readonly type: 'connectionLost'; readonly reason: string }
  | { readonly type: 'deadlinePassed' }
  /** The server's error reply, first word and text, for example READONLY. */
  | { readonly type: 'errorReply'; readonly code: string; readonly text: string };
