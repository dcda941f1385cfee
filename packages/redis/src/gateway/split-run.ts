import { createRequestScanner } from '../protocol/scan-requests.ts';
import type { CommandTable, CommandTraits } from '../protocol/commands/index.ts';
import { unknownCommand } from '../protocol/commands/index.ts';
import type { PendingCommand } from './pending.ts';

/** One command of a run: what the good path never needs to know. */
export interface SentCommand {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly traits: CommandTraits;
  /** Set if it went over a connection of the client's own, for its own sake. */
  readonly command?: PendingCommand;
}

/** The commands in a slice that was scanned before, one by one. */
export function splitRun(
  commands: CommandTable,
  bytes: Uint8Array,
  from: number,
  to: number,
): readonly SentCommand[] {
  // With no size that is shared, every command is special and comes alone.
  const scanner = createRequestScanner({ commands, maxSharedBytes: 0 });
  const found: SentCommand[] = [];
  let at = from;
  while (at < to) {
    const kind = scanner.scan(bytes, at, to);
    if (kind === 'special') {
      found.push({
        bytes,
        from: at,
        to: scanner.end,
        traits: commands.traits[scanner.index] ?? unknownCommand,
      });
    } else if (kind !== 'run') {
      throw new Error(`a run that was sent is ${kind}`);
    }
    at = scanner.end;
  }
  return found;
}
