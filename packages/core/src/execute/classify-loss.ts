import type { Failure, Outcome } from '../model/index.ts';

/**
 * What a failure without a reply proves, on any backend: bytes that never left were not executed, others may have
 * been. Only the server's own error replies need an adapter's knowledge.
 */
export function classifyLoss(failure: Exclude<Failure, { readonly type: 'errorReply' }>): Outcome {
  switch (failure.type) {
    case 'notWritten':
      return { type: 'notSent', reason: failure.reason };
    case 'connectionLost':
      return { type: 'unknown', reason: failure.reason };
    case 'deadlinePassed':
      return { type: 'unknown', reason: 'no reply in time' };
  }
}
