import type { CommandTable } from '../protocol/commands/index.ts';
import { sharedBit } from '../protocol/commands/index.ts';
import { createRequestDecoder } from '../protocol/decode-request.ts';
import { encodeCommand } from '../protocol/encode.ts';
import { RespProtocolError } from '../protocol/protocol-error.ts';
import type { RequestScanner } from '../protocol/scan-requests.ts';
import { createRequestScanner } from '../protocol/scan-requests.ts';
import { createReplyScanner } from '../protocol/scan.ts';

export interface IntakeEvents {
  /** Commands that may share a connection. */
  run(bytes: Uint8Array, from: number, to: number, count: number, bits: number): void;
  /** Any other command, whole. */
  command(bytes: Uint8Array, index: number): void;
  /** A command too large to wait for. Its pieces follow; the first call has the name if it is known. */
  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void;
  /** Nothing is read after it. */
  violation(problem: string): void;
}

/** Cuts what a client sends into commands. */
export interface Intake {
  feed(chunk: Buffer): void;
  /** Part of a command came, and the rest of it has not. */
  readonly isInside: boolean;
}

export function createIntake(
  events: IntakeEvents,
  commands: CommandTable,
  limits: { readonly maxSharedBytes: number; readonly maxWholeBytes: number },
): Intake {
  let ownScanner: RequestScanner | undefined;
  // The beginning of a command that is not whole: `rest` holds `restBytes` of it and has room for more.
  let rest = Buffer.alloc(0);
  let restBytes = 0;
  let isDead = false;
  // A large command is an array of strings, so the scanner of replies finds its end.
  let large: ReturnType<typeof createReplyScanner> | undefined;

  function feed(chunk: Buffer): void {
    if (isDead) return;
    if (large !== undefined) {
      passLarge(large, chunk, false, 0);
      return;
    }
    if (restBytes === 0) {
      scanAll(chunk, 0, chunk.length);
      return;
    }
    if (restBytes + chunk.length > rest.length) {
      const grown = Buffer.allocUnsafe((restBytes + chunk.length) * 2);
      rest.copy(grown, 0, 0, restBytes);
      rest = grown;
    }
    chunk.copy(rest, restBytes);
    const all = rest;
    const to = restBytes + chunk.length;
    restBytes = 0;
    scanAll(all, 0, to);
  }

  function scanAll(bytes: Buffer, start: number, to: number): void {
    ownScanner ??= createRequestScanner({ commands, maxSharedBytes: limits.maxSharedBytes });
    const scanner = ownScanner;
    let from = start;
    while (from < to) {
      const found = scanner.scan(bytes, from, to);
      switch (found) {
        case 'run':
          if (scanner.count > 0) events.run(bytes, from, scanner.end, scanner.count, scanner.bits);
          from = scanner.end;
          break;
        case 'special': {
          const { end } = scanner;
          if (scanner.isInline) inline(bytes.subarray(from, end));
          else events.command(bytes.subarray(from, end), scanner.index);
          from = end;
          break;
        }
        case 'partial':
          keep(scanner, bytes, from, to);
          return;
        case 'violation':
          isDead = true;
          events.violation(scanner.problem);
          return;
      }
      if (isDead) return;
    }
    // Runs still point into these bytes: they are not written to again.
    rest = nothing;
  }

  function keep(scanner: RequestScanner, bytes: Buffer, from: number, to: number): void {
    if (Math.max(scanner.wanted, to - from) > limits.maxWholeBytes) {
      large = createReplyScanner();
      scanner.forget();
      rest = nothing;
      passLarge(large, bytes.subarray(from, to), true, nameOf(commands, bytes, from, to));
      return;
    }
    restBytes = to - from;
    if (bytes === rest && from === 0) return;
    rest = Buffer.allocUnsafe(Math.max(scanner.wanted, restBytes * 2, 512));
    bytes.copy(rest, 0, from, to);
  }

  function passLarge(
    scan: ReturnType<typeof createReplyScanner>,
    chunk: Buffer,
    isFirst: boolean,
    index: number,
  ): void {
    const found = scan.scan(chunk, 0, 1, false);
    if (found === 'violation') {
      isDead = true;
      events.violation(scan.problem);
      return;
    }
    const isLast = scan.count === 1;
    const end = isLast ? scan.wholeEnd : chunk.length;
    if (isLast) large = undefined;
    events.part(end === chunk.length ? chunk : chunk.subarray(0, end), index, isFirst, isLast);
    if (isLast && end < chunk.length) scanAll(chunk, end, chunk.length);
  }

  function inline(line: Buffer): void {
    try {
      for (const args of createRequestDecoder().feed(line)) {
        const bytes = encodeCommand(args);
        const name = args[0] ?? nothing;
        const index = commands.indexOf(name, 0, name.length);
        const bits = commands.bits[index] ?? 0;
        if ((bits & sharedBit) !== 0) events.run(bytes, 0, bytes.length, 1, bits);
        else events.command(bytes, index);
      }
    } catch (error) {
      isDead = true;
      events.violation(error instanceof RespProtocolError ? error.message : 'unreadable inline command');
    }
  }

  return {
    feed,
    get isInside() {
      return large !== undefined || restBytes > 0 || isDead;
    },
  };
}

const nothing = Buffer.alloc(0);

function nameOf(commands: CommandTable, bytes: Buffer, from: number, to: number): number {
  const match = /^\*\d+\r\n\$(\d+)\r\n/.exec(bytes.toString('latin1', from, Math.min(to, from + 32)));
  return match === null ? 0 : commands.indexOf(bytes, from + match[0].length, Number(match[1]));
}
