import type { Failure, Outcome } from '@failover/core';

/** This backend's words → what became of the attempt. What proves nothing is unknown. */
export function classify(failure: Failure): Outcome {
  switch (failure.type) {
    case 'notWritten':
      return { type: 'notSent', reason: failure.reason };
    case 'connectionLost':
      return { type: 'unknown', reason: failure.reason };
    case 'deadlinePassed':
      return { type: 'unknown', reason: 'no answer in time' };
    case 'errorReply':
      // BUSY is said before anything is executed.
      return failure.code === 'BUSY'
        ? { type: 'refused', code: failure.code, isRoleRefusal: false }
        : { type: 'appError', code: failure.code };
  }
}
