import { replyCode } from './reply-code.ts';

/**
 * Words in a 404 or 506 that speak of a node in trouble, not of the request. The names of queues stand in quotes
 * and are left out, or a queue could be called so. Not in a 406: that a consumer did not acknowledge in time is its own fault.
 */
const nodeTrouble =
  /\b(is down|inaccessible|stopped by supervisor|process (?:crashed|is stopped)|noproc|nodedown|shutdown|no leader|not running|cluster_change_not_permitted|minority)\b/i;

/** Does the broker close a channel or connection for a reason that passes by itself, on this node or on another? */
export function isTransientClose(code: number, text: string): boolean {
  switch (code) {
    case replyCode.connectionForced:
    case replyCode.internalError:
      return true;
    case replyCode.notFound:
    case replyCode.resourceError:
      return nodeTrouble.test(text.replace(/'[^']*'/g, "''"));
    default:
      return false;
  }
}
