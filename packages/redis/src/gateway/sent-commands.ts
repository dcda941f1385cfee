import { createRequestDecoder } from '../protocol/decode-request.ts';
import { encodeCommand } from '../protocol/encode.ts';
import type { CommandTable, CommandTraits } from '../protocol/commands/index.ts';
import { withRemainingTimeout } from '../session/remaining-timeout.ts';
import type { TransactionFate, TransactionState } from '../session/transaction.ts';
import { fatesAfterLoss } from '../session/transaction.ts';
import type { Fate, Sent } from './burst.ts';
import type { Pending, PendingCommand } from './pending.ts';
import { notExecuted, transactionLost } from './refuse.ts';
import type { Run } from './ring.ts';
import type { SentCommand } from './split-run.ts';
import { splitRun } from './split-run.ts';
import type { Owner } from './upstream.ts';
import { ok, queued } from './status.ts';

export type SentRun = Run<Owner<Pending>, Pending>;

export const argsOf = (bytes: Uint8Array): readonly Buffer[] => createRequestDecoder().feed(bytes)[0] ?? [];

export const commandOf = (run: SentRun): PendingCommand | undefined =>
  run.item?.type === 'command' ? run.item : undefined;

/** The commands of a run, those that were answered included; `now` tells how long a blocking one has waited. */
export function commandsOf(table: CommandTable, run: SentRun, now: number): readonly SentCommand[] {
  const command = commandOf(run);
  if (command === undefined) return splitRun(table, run.bytes, run.from, run.to);
  const { bytes, traits } = command;
  return [{ bytes, from: 0, to: bytes.length, traits, command: withoutWaited(command, now - run.sentAt) }];
}

function withoutWaited(command: PendingCommand, waitedMs: number): PendingCommand {
  if (!command.traits.isBlocking) return command;
  const args = argsOf(command.bytes);
  const shortened = withRemainingTimeout(args, waitedMs);
  return shortened === args ? command : { ...command, bytes: encodeCommand(shortened) };
}

/** What was not answered on a shared connection that is gone. */
export function lostOnShared(table: CommandTable, runs: readonly SentRun[], now: number): readonly Sent[] {
  return runs.flatMap((run) =>
    commandsOf(table, run, now)
      .slice(run.answered)
      .map((command): Sent => ({ command, fate: { type: run.isWritten ? 'lost' : 'repeatable' } })),
  );
}

/** The same on the client's own connection, where transactions are; and what is left of those. */
export function lostOnPinned(
  table: CommandTable,
  runs: readonly SentRun[],
  told: TransactionState,
  now: number,
): { readonly sent: readonly Sent[]; readonly state: TransactionState } {
  const unanswered = runs.flatMap((run) => {
    if (run.item?.type === 'large') return [{ run, command: largeCommand(run.item.traits) }];
    const commands = commandsOf(table, run, now);
    // A subscription is one command with many answers.
    const left = run.item?.type === 'command' ? commands : commands.slice(run.answered);
    return left.map((command) => ({ run, command: resumed(command, run) }));
  });
  const { fates, state } = fatesAfterLoss(
    told,
    unanswered.map(({ command, run }) => ({ name: command.traits.name, isWritten: run.isWritten })),
  );
  const sent = unanswered.map(({ command, run }, at): Sent => {
    const fate = fates[at] ?? 'plain';
    const isLargeRead = run.item?.type === 'large' && !command.traits.isWrite;
    if (fate === 'plain' && isLargeRead) return { command, fate: connectionLost };
    return { command, fate: fateOf(fate, command, run) };
  });
  return { sent, state };
}

function fateOf(fate: TransactionFate, command: SentCommand, run: SentRun): Fate {
  switch (fate) {
    case 'unknown':
      return { type: 'lost' };
    case 'queued':
      // As the server itself says it: a client that pipelines takes any other answer for the end of the transaction.
      return { type: 'told', reply: command.traits.name === 'MULTI' ? ok : queued };
    case 'aborted':
      return { type: 'told', reply: transactionLost };
    case 'done':
      return { type: 'told', reply: ok };
    case 'plain':
      if (run.item?.type === 'large') return { type: 'lost' };
      // A watch that nobody was told of is as good on the next server.
      return { type: run.isWritten && command.traits.name !== 'WATCH' ? 'lost' : 'repeatable' };
  }
}

/** A subscription of which some channels were confirmed says only the others. */
function resumed(sent: SentCommand, run: SentRun): SentCommand {
  const { command } = sent;
  if (command?.traits.route !== 'subscription') return sent;
  return { ...sent, command: { ...command, confirmed: Math.max(command.confirmed, run.answered) } };
}

/** All of it may have arrived, and its bytes are not kept. */
function largeCommand(traits: CommandTraits): SentCommand {
  return { bytes: nothing, from: 0, to: 0, traits };
}

const nothing = Buffer.alloc(0);
const connectionLost: Fate = { type: 'told', reply: notExecuted('the connection was lost') };
