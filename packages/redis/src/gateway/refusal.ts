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

/** They run what users wrote, whose errors may begin with any word; '' is a module's. */
const runUserCode: ReadonlySet<string> = new Set([
  '',
  'EVAL',
  'EVALSHA',
  'EVAL_RO',
  'EVALSHA_RO',
  'FCALL',
  'FCALL_RO',
]);

/** What servers themselves say, of Redis 7.0 and Valkey 9.1. */
const serverWords =
  /^(?:READONLY (?:You can't write against a read only|Can not run script)|MASTERDOWN Link with MASTER|UNBLOCKED force unblock|LOADING \w+ is loading|NOREPLICAS Not enough good replicas|TRYAGAIN Multiple keys|CLUSTERDOWN (?:The cluster is down|Hash slot)|ERR max number of clients)/;

/** @param command its name; `undefined` if it is one of those that share a connection */
export function refusalIn(
  reply: Buffer,
  role: ListenerRole,
  classify: Adapter['classify'],
  command?: string,
): Refusal | undefined {
  const text = reply.toString('latin1', 1, Math.min(reply.length, 512)).trimEnd();
  // A script that ran, and says READONLY of something of its own, neither runs again nor ends a primary.
  if (command !== undefined && runUserCode.has(command) && !serverWords.test(text)) return undefined;
  const code = /^\S*/.exec(text)?.[0] ?? '';
  const outcome = classify({ type: 'errorReply', code, text }, anyTraits);
  if (outcome.type !== 'refused') return undefined;
  // A replica is what was asked for: it says that of itself, and the client's write is at fault.
  return role === 'replica' && code === 'READONLY' ? undefined : { outcome, code, text };
}
