import type { Failure, Outcome, Traits } from '@failover/core';
import { classifyLoss } from '@failover/core';
import { isTransientClose } from './protocol/close-reason.ts';

/**
 * The one place where a failure on RabbitMQ gets its outcome. A close with a code that speaks of the node proves that
 * the method which it names was not executed; any other is the application's own.
 * @example classify({ type: 'errorReply', code: '404', text: "NOT_FOUND - no queue 'q' in vhost '/'" }, traits).type // 'appError'
 */
export function classify(failure: Failure, _traits: Traits): Outcome {
  if (failure.type !== 'errorReply') return classifyLoss(failure);
  return isTransientClose(Number(failure.code), failure.text)
    ? { type: 'refused', code: failure.code, isRoleRefusal: false }
    : { type: 'appError', code: failure.code };
}
