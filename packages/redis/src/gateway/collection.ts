import type { CommandTable } from '../protocol/commands/index.ts';
import type { Fate, Sent } from './burst.ts';
import type { SentRun } from './sent-commands.ts';
import { commandOf, commandsOf } from './sent-commands.ts';
import type { SentCommand } from './split-run.ts';

/** A run is split once, however many of its replies come. Runs are used again: its bytes tell it from the next one. */
interface SplitRun {
  readonly of: SentRun;
  readonly bytes: Uint8Array;
  readonly commands: readonly SentCommand[];
}

/** After a client's first refused command: each of its commands since then, with what became of it. */
export class Collection {
  isOpen = false;
  #sent: Sent[] = none;
  #bytes = 0;
  #split: SplitRun | undefined;

  get sent(): readonly Sent[] {
    return this.#sent;
  }

  /** The newest answered command of `run`. Opens the collection. Beyond `maxBytes` reads go again instead. */
  add(fate: Fate, run: SentRun, now: number, table: CommandTable, maxBytes: number): void {
    if (!this.isOpen) this.#sent = [];
    this.isOpen = true;
    if (this.#split?.of !== run || this.#split.bytes !== run.bytes) {
      this.#split = { of: run, bytes: run.bytes, commands: commandsOf(table, run, now) };
    }
    const command = this.#split.commands[commandOf(run) === undefined ? run.answered - 1 : 0];
    if (command === undefined) throw new Error('a reply to no command');
    this.#bytes += fate.type === 'answered' ? fate.reply.length : 0;
    const isTooMuch = this.#bytes > maxBytes && !command.traits.isWrite;
    this.#sent.push({ command, fate: isTooMuch ? { type: 'repeatable' } : fate });
  }

  close(): void {
    this.isOpen = false;
    this.#sent = none;
    this.#bytes = 0;
    this.#split = undefined;
  }
}

/** Of all that are closed. */
const none: Sent[] = [];
