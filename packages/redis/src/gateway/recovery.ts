import type { Lease } from '@failover/core';
import type { Sent, SettleRules } from './burst.ts';
import { settleBurst } from './burst.ts';
import type { GivenUp } from './given-up.ts';
import { giveUpAll } from './given-up.ts';
import type { Pending, PendingReply } from './pending.ts';
import { openGate, replyOf } from './pending.ts';
import { notExecuted, outcomeUnknown } from './refuse.ts';
import type { SentCommand } from './split-run.ts';

const behindUnknownReason = 'a command before it is unknown';
export const behindUnknown = notExecuted(behindUnknownReason);
const behindUnknownReply: PendingReply = replyOf(behindUnknown);

/** What a client's line is after a refusal or a loss. */
export interface Recovery extends GivenUp {
  readonly resent: number;
  readonly unknown: number;
  readonly notExecuted: number;
  /** ms before its head may go. */
  readonly pauseMs: number;
}

/** What comes of `sent` goes before what is in `line`. */
export function recover(
  sent: readonly Sent[],
  line: readonly Pending[],
  rules: SettleRules,
  lease: Lease,
  reason: string,
  deadline: number,
): Recovery {
  const front: Pending[] = [];
  const counts = { resent: 0, unknown: 0, notExecuted: 0 };
  let pauseMs = 0;
  for (const each of settleBurst(sent, rules)) {
    switch (each.type) {
      case 'reply':
        front.push(replyOf(each.reply));
        break;
      case 'resend':
        counts.resent += 1;
        if (front.length === 0) pauseMs = each.afterMs;
        pushAgain(front, each.command, deadline);
        break;
      case 'unknown':
        counts.unknown += 1;
        front.push(replyOf(outcomeUnknown(lease, reason), 'unknown'));
        break;
      case 'notExecuted':
        counts.notExecuted += 1;
        front.push(behindUnknownReply);
        break;
    }
  }
  const isTold = counts.unknown === 0 || rules.continueAfterUnknown;
  const waiting = isTold ? { line, works: [] } : giveUpAll(line, behindUnknownReason);
  return { line: [...front, ...waiting.line], works: waiting.works, ...counts, pauseMs };
}

/** Neighbours go together again, as they came. */
function pushAgain(front: Pending[], sent: SentCommand, deadline: number): void {
  if (sent.command !== undefined) {
    front.push({ ...sent.command, deadline, gate: openGate });
    return;
  }
  const last = front.at(-1);
  if (last?.type === 'run' && last.bytes === sent.bytes && last.to === sent.from) {
    front[front.length - 1] = { ...last, to: sent.to, count: last.count + 1 };
    return;
  }
  const { bytes, from, to } = sent;
  front.push({ type: 'run', bytes, from, to, count: 1, deadline, gate: openGate });
}
