import type { CommandTable } from './commands/index.ts';
import { sharedBit } from './commands/index.ts';

/**
 * - `run`: whole commands that may share a connection, one after the other.
 * - `special`: one whole command of another kind, or an inline one, or one beyond the size that is shared.
 * - `partial`: the command at the start is not whole.
 * - `violation`: nobody knows where the next command begins.
 */
export type ScannedRequest = 'run' | 'special' | 'partial' | 'violation';

/**
 * Finds the bounds of commands without decoding them, and allocates nothing. It takes no number that Redis does not,
 * such as `01` or `-0`: a server closes the connection over it, and others share that.
 */
export interface RequestScanner {
  /**
   * Looks at `bytes` from `from`, where a command begins, to `to`. After `partial` the next call must start at the
   * same command: it goes on where this one stopped.
   */
  scan(bytes: Uint8Array, from: number, to: number): ScannedRequest;
  /** After `partial`: the rest of that command comes another way. */
  forget(): void;
  /** Where the run or the special command ends. */
  readonly end: number;
  /** Commands in the run: 0 if there were only empty ones, which nobody answers. */
  readonly count: number;
  /** The bits of all commands of the run together. */
  readonly bits: number;
  /** The special command in the table of traits. */
  readonly index: number;
  readonly isInline: boolean;
  /** After `partial`: bytes of the command that are known to be needed. */
  readonly wanted: number;
  /** After `violation`: what Redis says. */
  readonly problem: string;
}

export interface RequestScannerOptions {
  readonly commands: CommandTable;
  /** A larger command is special. Default 64 KiB: on a shared connection everybody would wait behind it. */
  readonly maxSharedBytes?: number;
}

const maxArguments = 1_048_576;
const maxBulkBytes = 512 * 1024 * 1024;
const maxInlineBytes = 65_536;
/** Longest line that can still be a number. */
const maxDigits = 11;

export function createRequestScanner(options: RequestScannerOptions): RequestScanner {
  const { commands, maxSharedBytes = 65_536 } = options;
  const { bits: commandBits } = commands;
  // Where a partial command stopped: arguments left, offset of the next one, and whose command it is.
  let resumeLeft = 0;
  let resumeOffset = 0;
  let resumeIndex = -1;

  const scanner = {
    end: 0,
    count: 0,
    bits: 0,
    index: 0,
    isInline: false,
    wanted: 0,
    problem: '',
    scan,
    forget() {
      resumeLeft = 0;
      resumeOffset = 0;
      resumeIndex = -1;
    },
  };

  function scan(bytes: Uint8Array, from: number, to: number): ScannedRequest {
    let start = from;
    let count = 0;
    let bits = 0;
    while (start < to) {
      let left = resumeLeft;
      let at = start + resumeOffset;
      let index = resumeIndex;
      if (left > 0) {
        resumeLeft = 0;
        resumeOffset = 0;
        resumeIndex = -1;
      } else {
        if (bytes[start] !== 42) return start > from ? run(start, count, bits) : inline(bytes, start, to);
        // `*3\r\n`
        at = start + 1;
        let digit = at < to ? (bytes[at] as number) - 48 : -1;
        const isNegative = digit === -3;
        if (isNegative) at += 1;
        const first = at;
        while (at < to && (digit = (bytes[at] as number) - 48) >= 0 && digit <= 9) {
          left = left * 10 + digit;
          at += 1;
        }
        if (at + 1 >= to && at - start <= maxDigits && (at >= to || bytes[at] === 13)) {
          return start > from ? run(start, count, bits) : partial(at + 2 - from);
        }
        if (
          bytes[at] !== 13 ||
          bytes[at + 1] !== 10 ||
          at - start > maxDigits ||
          at === first ||
          (bytes[first] === 48 && at - start > 2) ||
          left > maxArguments
        ) {
          return start > from ? run(start, count, bits) : violation('invalid multibulk length');
        }
        at += 2;
        if (left === 0 || isNegative) {
          start = at;
          continue;
        }
      }
      do {
        // `$5\r\nvalue\r\n`
        if (at >= to) return start > from ? run(start, count, bits) : stopped(left, at - start, index, 5);
        if (bytes[at] !== 36) {
          return start > from
            ? run(start, count, bits)
            : violation(`expected '$', got '${String.fromCharCode(bytes[at] as number)}'`);
        }
        let cursor = at + 1;
        let length = 0;
        let digit: number;
        while (cursor < to && (digit = (bytes[cursor] as number) - 48) >= 0 && digit <= 9) {
          length = length * 10 + digit;
          cursor += 1;
        }
        if (cursor + 1 >= to && cursor - at <= maxDigits && (cursor >= to || bytes[cursor] === 13)) {
          return start > from ? run(start, count, bits) : stopped(left, at - start, index, 5);
        }
        if (
          bytes[cursor] !== 13 ||
          bytes[cursor + 1] !== 10 ||
          cursor === at + 1 ||
          (bytes[at + 1] === 48 && cursor > at + 2) ||
          length > maxBulkBytes ||
          cursor - at > maxDigits
        ) {
          return start > from ? run(start, count, bits) : violation('invalid bulk length');
        }
        const body = cursor + 2;
        const next = body + length + 2;
        if (next > to)
          return start > from ? run(start, count, bits) : stopped(left, at - start, index, next - at);
        // Redis skips these two bytes unseen. On a connection that others share we look.
        if (bytes[next - 2] !== 13 || bytes[next - 1] !== 10) {
          return start > from ? run(start, count, bits) : violation('expected CRLF after a bulk');
        }
        if (index < 0) index = commands.indexOf(bytes, body, length);
        at = next;
        left -= 1;
      } while (left > 0);
      const commandBit = commandBits[index] as number;
      if ((commandBit & sharedBit) === 0 || at - start > maxSharedBytes) {
        return start > from ? run(start, count, bits) : special(at, index, false);
      }
      bits |= commandBit;
      count += 1;
      start = at;
    }
    return start > from ? run(start, count, bits) : partial(1);
  }

  function run(end: number, count: number, bits: number): ScannedRequest {
    scanner.end = end;
    scanner.count = count;
    scanner.bits = bits;
    return 'run';
  }

  function special(end: number, index: number, isInline: boolean): ScannedRequest {
    scanner.end = end;
    scanner.index = index;
    scanner.isInline = isInline;
    return 'special';
  }

  function partial(wanted: number): ScannedRequest {
    scanner.wanted = wanted;
    return 'partial';
  }

  function stopped(left: number, offset: number, index: number, more: number): ScannedRequest {
    resumeLeft = left;
    resumeOffset = offset;
    resumeIndex = index;
    return partial(offset + more);
  }

  function violation(problem: string): ScannedRequest {
    scanner.problem = problem;
    return 'violation';
  }

  function inline(bytes: Uint8Array, start: number, to: number): ScannedRequest {
    const searchTo = Math.min(to, start + maxInlineBytes + 1);
    // A line that comes byte by byte is searched once.
    let at = start + resumeOffset;
    resumeOffset = 0;
    while (at < searchTo && bytes[at] !== 10 && bytes[at] !== 0) at += 1;
    // Behind a NUL Redis looks for no end: it waits until there is too much.
    if (at < searchTo && bytes[at] === 10) return special(at + 1, 0, true);
    if (to - start > maxInlineBytes) return violation('too big inline request');
    resumeOffset = at - start;
    return partial(to - start + 1);
  }

  return scanner;
}
