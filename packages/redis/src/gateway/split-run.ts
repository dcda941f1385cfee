import { createRequestScanner } from '../protocol/scan-requests.ts';
import type { CommandTraits } from '../protocol/traits.ts';
import { traitsAt } from '../protocol/traits.ts';
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
export function splitRun(bytes: Uint8Array, from: number, to: number): readonly SentCommand[] {
  // With no size that is shared, every command is special and comes alone.
  const scanner = createRequestScanner({ maxSharedBytes: 0 });
  const commands: SentCommand[] = [];
  let at = from;
  while (at < to) {
    const found = scanner.scan(bytes, at, to);
    if (found === 'special') {
      commands.push({ bytes, from: at, to: scanner.end, traits: traitsAt(scanner.index) });
    } else if (found !== 'run') {
      throw new Error(`a run that was sent is ${found}`);
    }
    at = scanner.end;
  }
  return commands;
}
