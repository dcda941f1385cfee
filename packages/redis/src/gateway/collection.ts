import type { CommandTable } from '../protocol/commands/index.ts';
import type { Fate, Sent } from './burst.ts';
import type { SentRun } from './sent-commands.ts';
import { commandOf, commandsOf } from './sent-commands.ts';
import type { SentCommand } from './split-run.ts';

/** After a client's first refused command: each of its commands since then, with what became of it. */
export interface Collection {
  readonly isOpen: boolean;
  readonly sent: readonly Sent[];
  /** The newest answered command of `run`. Opens the collection. */
  add(fate: Fate, run: SentRun, now: number): void;
  close(): void;
}

export function createCollection(maxBytes: number, commands: CommandTable): Collection {
  let sent: Sent[] = [];
  let bytes = 0;
  /** A run is split once, however many of its replies come. */
  let split:
    | { readonly of: SentRun; readonly bytes: Uint8Array; readonly commands: readonly SentCommand[] }
    | undefined;

  const collection = {
    isOpen: false,
    get sent() {
      return sent;
    },
    add(fate: Fate, run: SentRun, now: number) {
      collection.isOpen = true;
      // Runs are used again, so the same object may be another run: its bytes tell.
      if (split?.of !== run || split.bytes !== run.bytes) {
        split = { of: run, bytes: run.bytes, commands: commandsOf(commands, run, now) };
      }
      const command = split.commands[commandOf(run) === undefined ? run.answered - 1 : 0];
      if (command === undefined) throw new Error('a reply to no command');
      bytes += fate.type === 'answered' ? fate.reply.length : 0;
      const isTooMuch = bytes > maxBytes && !command.traits.isWrite;
      sent.push({ command, fate: isTooMuch ? { type: 'repeatable' } : fate });
    },
    close() {
      collection.isOpen = false;
      sent = [];
      bytes = 0;
      split = undefined;
    },
  };
  return collection;
}
