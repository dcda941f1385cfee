import type { Adapter, Outcome } from '@failover/core';
import { unknownCommand } from '../protocol/commands/index.ts';
import { coreTraits } from './burst.ts';
import type { ListenerRole } from './handshake.ts';

/** An error reply that proves that the server did not execute the command. */
export interface Refusal {
  readonly outcome: Outcome;
  readonly code: string;
  readonly text: string;
}

const anyTraits = coreTraits(unknownCommand);

export function refusalIn(
  reply: Buffer,
  role: ListenerRole,
  classify: Adapter['classify'],
): Refusal | undefined {
  const text = reply.toString('latin1', 1, Math.min(reply.length, 512)).trimEnd();
  const code = /^\S*/.exec(text)?.[0] ?? '';
  const outcome = classify({ type: 'errorReply', code, text }, anyTraits);
  if (outcome.type !== 'refused') return undefined;
  // A replica is what was asked for: it says that of itself, and the client's write is at fault.
  return role === 'replica' && code === 'READONLY' ? undefined : { outcome, code, text };
}
