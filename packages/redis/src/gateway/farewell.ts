import type { Lease } from '@failover/core';
import type { Sent } from './burst.ts';
import { notExecuted, outcomeUnknown } from './refuse.ts';

export interface Farewell {
  readonly replies: readonly Uint8Array[];
  readonly unknown: number;
}

/** What is true of each command that is unanswered when nobody waits for its server any more. */
export function farewell(sent: readonly Sent[], lease: Lease | undefined, reason: string): Farewell {
  let unknown = 0;
  const replies = sent.map(({ command, fate }) => {
    switch (fate.type) {
      case 'answered':
      case 'refused':
        return fate.reply;
      case 'lost':
        if (lease === undefined || !command.traits.isWrite) break;
        unknown += 1;
        return outcomeUnknown(lease, reason);
      case 'repeatable':
      case 'told':
        break;
    }
    return notExecuted(reason);
  });
  return { replies, unknown };
}
