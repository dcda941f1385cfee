/** What MULTI and WATCH have left on a client's connection. */
export interface TransactionState {
  /** `broken`: it was lost with its server before EXEC. Nothing of it can run any more; EXEC will say so. */
  readonly transaction: 'none' | 'open' | 'broken';
  /** `lost`: the keys were watched by a server that is gone. EXEC must fail: nobody knows whether they changed. */
  readonly watch: 'none' | 'set' | 'lost';
}

export const noTransaction: TransactionState = { transaction: 'none', watch: 'none' };

/** @example afterCommand(noTransaction, 'MULTI').transaction // 'open' */
export function afterCommand(state: TransactionState, name: string): TransactionState {
  switch (name) {
    case 'MULTI':
      return state.transaction === 'none' ? { ...state, transaction: 'open' } : state;
    case 'EXEC':
    case 'DISCARD':
      return state.transaction === 'none' ? state : noTransaction;
    case 'WATCH':
      // Not while a transaction is open: the server refuses it there. One lost watch fails EXEC, whatever follows.
      return state.transaction === 'none' && state.watch === 'none' ? { ...state, watch: 'set' } : state;
    case 'UNWATCH':
      return state.transaction === 'none' && state.watch !== 'none' ? { ...state, watch: 'none' } : state;
    default:
      return state;
  }
}

/** The server is gone, and with it what it remembered. */
export function afterLoss(state: TransactionState): TransactionState {
  return {
    transaction: state.transaction === 'none' ? 'none' : 'broken',
    watch: state.watch === 'none' ? 'none' : 'lost',
  };
}

/** What a command comes to that was sent and not answered when its connection was lost. */
export type TransactionFate =
  /** Not inside a transaction: judged by itself. */
  | 'plain'
  /** Inside a transaction, and before its EXEC: whatever became of it, EXEC will say so. */
  | 'queued'
  /** EXEC, written: all of the transaction may have run, or nothing. */
  | 'unknown'
  /** EXEC, not written: nothing ran and never will. */
  | 'aborted'
  /** The connection has forgotten what this wanted forgotten: done. */
  | 'done';

/** A command that was not answered. */
export interface Unanswered {
  readonly name: string;
  /** False if none of it reached the socket. */
  readonly isWritten: boolean;
}

/** The fates of the unanswered commands, in order, and the state after them. `told` is what the client was told. */
export function fatesAfterLoss(
  told: TransactionState,
  unanswered: readonly Unanswered[],
): { readonly fates: readonly TransactionFate[]; readonly state: TransactionState } {
  let state = told;
  const fates = unanswered.map(({ name, isWritten }): TransactionFate => {
    const wasOpen = state.transaction !== 'none';
    state = afterCommand(state, name);
    if (!wasOpen && state.transaction === 'none') {
      return name === 'UNWATCH' || name === 'DISCARD' ? 'done' : 'plain';
    }
    if (name === 'DISCARD') return 'done';
    if (name !== 'EXEC') return 'queued';
    return isWritten ? 'unknown' : 'aborted';
  });
  // A watch that was not answered goes again with its command; only one that the client relies on is lost.
  const isWatchTold = told.watch !== 'none' && state.watch !== 'none';
  return { fates, state: { ...afterLoss(state), watch: isWatchTold ? 'lost' : 'none' } };
}
