import { sharedBit } from '../protocol/commands/index.ts';
import type { GatewayContext } from './context.ts';
import { isHttp } from './http.ts';
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
  /** Nothing is read after it. `rest` goes on in the middle of a large command that part of was told before. */
  violation(problem: string, rest?: Uint8Array): void;
}

export type IntakeContext = Pick<GatewayContext, 'commands' | 'limits' | 'scanner'>;

const nothing = Buffer.alloc(0);

/** Cuts what a client sends into commands. */
export class Intake {
  readonly #events: IntakeEvents;
  readonly #context: IntakeContext;
  /** Of a command that is not whole: where it goes on is known to this one alone. */
  #ownScanner: RequestScanner | undefined;
  // The beginning of a command that is not whole: `#rest` holds `#restBytes` of it and has room for more.
  #rest = nothing;
  #restBytes = 0;
  #isDead = false;
  // A large command is an array of strings, so the scanner of replies finds its end.
  #large: ReturnType<typeof createReplyScanner> | undefined;

  constructor(events: IntakeEvents, context: IntakeContext) {
    this.#events = events;
    this.#context = context;
  }

  /** Part of a command came, and the rest of it has not. */
  get isInside(): boolean {
    return this.#large !== undefined || this.#restBytes > 0 || this.#isDead;
  }

  feed(chunk: Buffer): void {
    if (this.#isDead) return;
    if (this.#large !== undefined) {
      this.#passLarge(this.#large, chunk, false, 0);
      return;
    }
    if (this.#restBytes === 0) {
      this.#scanAll(chunk, 0, chunk.length);
      return;
    }
    if (this.#restBytes + chunk.length > this.#rest.length) {
      const grown = Buffer.allocUnsafe((this.#restBytes + chunk.length) * 2);
      this.#rest.copy(grown, 0, 0, this.#restBytes);
      this.#rest = grown;
    }
    chunk.copy(this.#rest, this.#restBytes);
    const all = this.#rest;
    const to = this.#restBytes + chunk.length;
    this.#restBytes = 0;
    this.#scanAll(all, 0, to);
  }

  #scanAll(bytes: Buffer, start: number, to: number): void {
    // The one for all, unless a command is not whole. While an event runs, others may use it.
    const scanner = this.#ownScanner ?? this.#context.scanner;
    let from = start;
    while (from < to) {
      const found = scanner.scan(bytes, from, to);
      const { end, count, bits, index } = scanner;
      switch (found) {
        case 'run':
          if (count > 0) this.#events.run(bytes, from, end, count, bits);
          break;
        case 'special':
          if (scanner.isInline) this.#inline(bytes.subarray(from, end));
          else this.#command(bytes.subarray(from, end), index);
          break;
        case 'partial':
          this.#keep(this.#own(scanner, bytes, from, to), bytes, from, to);
          return;
        case 'violation':
          this.#violated(scanner.problem);
          return;
      }
      from = end;
      if (this.#isDead) return;
    }
    // Runs still point into these bytes: they are not written to again.
    this.#rest = nothing;
    this.#ownScanner = undefined;
  }

  /** One that knows how far it came in this command. */
  #own(scanner: RequestScanner, bytes: Buffer, from: number, to: number): RequestScanner {
    if (this.#ownScanner !== undefined) return this.#ownScanner;
    scanner.forget();
    const { commands, limits } = this.#context;
    const own = createRequestScanner({ commands, maxSharedBytes: limits.maxSharedBytes });
    own.scan(bytes, from, to);
    this.#ownScanner = own;
    return own;
  }

  #keep(scanner: RequestScanner, bytes: Buffer, from: number, to: number): void {
    const { commands, limits } = this.#context;
    const { maxWholeBytes } = limits;
    const isLarge = Math.max(scanner.wanted, to - from) > maxWholeBytes;
    const name = isLarge ? nameIn(bytes.subarray(from, to)) : undefined;
    if (name !== undefined) {
      const large = createReplyScanner({ maxDepth: 1 });
      this.#large = large;
      scanner.forget();
      this.#rest = nothing;
      const index = commands.indexOf(name, 0, name.length);
      if (index === 0 && isHttp(name)) this.#violated(notHttp);
      else this.#passLarge(large, bytes.subarray(from, to), true, index);
      return;
    }
    this.#restBytes = to - from;
    if (bytes === this.#rest && from === 0) return;
    this.#rest = Buffer.allocUnsafe(
      Math.max(Math.min(scanner.wanted, maxWholeBytes), this.#restBytes * 2, 512),
    );
    bytes.copy(this.#rest, 0, from, to);
  }

  #passLarge(
    scan: ReturnType<typeof createReplyScanner>,
    chunk: Buffer,
    isFirst: boolean,
    index: number,
  ): void {
    const found = scan.scan(chunk, 0, 1, false);
    if (found === 'violation') {
      this.#violated(inRedisWords(scan.problem), isFirst ? undefined : chunk);
      return;
    }
    const isLast = scan.count === 1;
    const end = isLast ? scan.wholeEnd : chunk.length;
    if (isLast) this.#large = undefined;
    this.#events.part(end === chunk.length ? chunk : chunk.subarray(0, end), index, isFirst, isLast);
    if (isLast && end < chunk.length) this.#scanAll(chunk, end, chunk.length);
  }

  #command(bytes: Buffer, index: number): void {
    if (index === 0 && isHttp(nameIn(bytes) ?? nothing)) this.#violated(notHttp);
    else this.#events.command(bytes, index);
  }

  #inline(line: Buffer): void {
    const { commands } = this.#context;
    try {
      for (const args of createRequestDecoder().feed(line)) {
        const bytes = encodeCommand(args);
        const name = args[0] ?? nothing;
        const index = commands.indexOf(name, 0, name.length);
        const bits = commands.bits[index] ?? 0;
        if ((bits & sharedBit) !== 0) this.#events.run(bytes, 0, bytes.length, 1, bits);
        else this.#command(bytes, index);
      }
    } catch (error) {
      this.#violated(error instanceof RespProtocolError ? error.message : 'unreadable inline command');
    }
  }

  #violated(problem: string, rest?: Uint8Array): void {
    this.#isDead = true;
    this.#events.violation(problem, rest);
  }
}

/** Longer than any that is known. */
const maxNameBytes = 64;
const notHttp = 'this is not HTTP';

/** The scanner of replies has other words, and knows no strings only. */
function inRedisWords(problem: string): string {
  if (problem.startsWith('string of') || problem === 'invalid length') return 'invalid bulk length';
  return problem === 'string without its end' ? 'expected CRLF after a bulk' : "expected '$'";
}

/** The name of a command, or the beginning of one that nobody knows; `undefined` until it is there. */
function nameIn(bytes: Buffer): Buffer | undefined {
  const match = /^\*\d+\r\n\$(\d+)\r\n/.exec(bytes.toString('latin1', 0, 32));
  if (match === null) return undefined;
  const start = match[0].length;
  const end = start + Math.min(Number(match[1]), maxNameBytes);
  return end > bytes.length ? undefined : bytes.subarray(start, end);
}
