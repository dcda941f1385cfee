import type { Failure, Outcome, Traits } from '@failover/core';
import { classifyLoss } from '@failover/core';

/** These words prove that the server did not execute the command, because it is not the primary (any more). */
const roleRefusals: ReadonlySet<string> = new Set([
  'READONLY',
  // A replica that lost its primary and was told not to serve what may be old.
  'MASTERDOWN',
  // A blocking command that waited when its server became a replica.
  'UNBLOCKED',
]);

/** The same word, because somebody asked for it: nothing was executed, and the server is what it was. */
const unblockedByClient = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';

/** These prove that it did not execute it now, and may later. */
const refusals: ReadonlySet<string> = new Set(['LOADING', 'NOREPLICAS', 'TRYAGAIN', 'CLUSTERDOWN']);

/**
 * The one place where a failure on Redis gets its outcome. BUSY, OOM, MISCONF and EXECABORT prove that nothing
 * was executed too, but an application that talks to Redis directly sees and handles them: it gets them here.
 * @example classify({ type: 'errorReply', code: 'READONLY', text: '' }, traits).type // 'refused'
 */
export function classify(failure: Failure, _traits: Traits): Outcome {
  if (failure.type !== 'errorReply') return classifyLoss(failure);
  if (failure.text.startsWith(unblockedByClient)) return { type: 'appError', code: failure.code };
  if (roleRefusals.has(failure.code)) return { type: 'refused', code: failure.code, isRoleRefusal: true };
  // Written to a new connection in place of any reply, before it closes.
  if (refusals.has(failure.code) || failure.text.includes('max number of clients reached')) {
    return { type: 'refused', code: failure.code, isRoleRefusal: false };
  }
  return { type: 'appError', code: failure.code };
}

export function isRoleRefusal(code: string): boolean {
  return roleRefusals.has(code);
}
