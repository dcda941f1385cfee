import type { Unsettled } from './unacked.ts';

/** What a tx channel does at commit. */
export interface Transaction {
  /** Each tells when it is done. */
  readonly publishes: ((done: () => void) => void)[];
  /** A commit waits for queues: nothing else may be asked. */
  isCommitting: boolean;
  readonly settles: { readonly taken: readonly Unsettled[]; readonly how: 'ack' | 'requeue' }[];
}

export const createTransaction = (): Transaction => ({ publishes: [], settles: [], isCommitting: false });
