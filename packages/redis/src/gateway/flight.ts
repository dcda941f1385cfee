import type { ClientStream } from '@failover/core';
import { writeBit } from '../protocol/commands/index.ts';
import type { Collection } from './collection.ts';
import type { GatewayContext } from './context.ts';
import type { Line } from './line.ts';
import type { Mute } from './mute.ts';
import type { Origin } from './origin.ts';
import type { Pending } from './pending.ts';
import type { SentRun } from './sent-commands.ts';
import type { Owner, Upstream } from './upstream.ts';

export interface FlightOptions {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly client: ClientStream;
  readonly line: Line;
  readonly mute: Mute;
  readonly collection: Collection;
  /** What did not go at once. True if it ends within a command. */
  feed(chunk: Buffer): boolean;
  /** There is enough of what the client asks. */
  pauseReading(): void;
  /** The client does not take what is written to it. */
  blocked(): void;
  /** Something was answered, and somebody waits for that. */
  settled(): void;
}

/**
 * What a client has in flight, and the short way that most of its commands and their replies go. All that these touch
 * stands together here: with many clients the caches are cold each time one of them has its turn.
 */
export class Flight {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly client: ClientStream;
  /** Where a run may go at once; else it takes its turn in the line. */
  direct: Upstream<Pending> | undefined;
  /** The origin's generation when `direct` was chosen, or `anyGeneration`. */
  directSince = -1;
  /** Commands, and their bytes. */
  count = 0;
  bytes = 0;
  isMidCommand = false;
  isClosed = false;
  /** Somebody waits until nothing is in flight. */
  isAwaited = false;
  /** Gets the replies. */
  readonly answers: Owner<Pending>;
  readonly collection: Collection;
  readonly mute: Mute;
  readonly line: Line;
  readonly #options: FlightOptions;

  constructor(options: FlightOptions, answers: (flight: Flight) => Owner<Pending>) {
    this.context = options.context;
    this.origin = options.origin;
    this.client = options.client;
    this.answers = answers(this);
    this.collection = options.collection;
    this.mute = options.mute;
    this.line = options.line;
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.count > 0;
  }

  // ---- to a server

  heard(chunk: Buffer): void {
    let from = 0;
    if (this.direct !== undefined && !this.isMidCommand) from = this.#sendAtOnce(this.direct, chunk);
    if (from < chunk.length) {
      this.isMidCommand = this.#options.feed(from === 0 ? chunk : chunk.subarray(from));
    }
    const { maxPendingBytes, maxPendingCommands } = this.context.limits;
    const bytes = this.bytes + (this.isAwaited ? this.line.bytes : 0);
    if (bytes > maxPendingBytes || this.count > maxPendingCommands) this.#options.pauseReading();
  }

  /** Most chunks are whole commands that go where the last ones went. Returns how much of it was that. */
  #sendAtOnce(to: Upstream<Pending>, chunk: Buffer): number {
    const { scanner } = this.context;
    if (scanner.scan(chunk, 0, chunk.length) !== 'run') {
      scanner.forget();
      return 0;
    }
    const { end, count, bits } = scanner;
    if (count > 0) {
      if (!this.#canGo(to) || ((bits & writeBit) !== 0 && this.origin.role !== 'primary')) return 0;
      this.send(to, undefined, chunk, 0, end, count);
    }
    return end;
  }

  /** A run goes at once, as most do. False: it takes its turn. */
  sent(bytes: Uint8Array, from: number, to: number, count: number): boolean {
    if (this.direct === undefined || !this.#canGo(this.direct)) return false;
    this.send(this.direct, undefined, bytes, from, to, count);
    return true;
  }

  #canGo(to: Upstream<Pending>): boolean {
    return (
      (this.directSince === this.origin.generation || this.directSince === anyGeneration) &&
      to.isOpen &&
      (!to.isBusy || this.count > 0)
    );
  }

  send(
    to: Upstream<Pending>,
    item: Pending | undefined,
    bytes: Uint8Array,
    from: number,
    end: number,
    count: number,
  ): void {
    this.count += count;
    this.bytes += end - from;
    to.send(this.answers, item, bytes, from, end, count);
  }

  // ---- to the client

  /** An answer. */
  write(bytes: Uint8Array): void {
    if (!this.mute.isOn) this.push(bytes);
  }

  /** What no command asked for, or an answer. */
  push(bytes: Uint8Array): void {
    if (!this.isClosed && !this.client.write(bytes)) this.#options.blocked();
  }

  /** That many commands are in flight no more. */
  settled(count: number, run: SentRun): void {
    this.count -= count;
    this.origin.answered += count;
    if (run.answered >= run.count) this.bytes -= run.to - run.from;
    if (this.isAwaited) this.#options.settled();
  }

  /** It was lost, or somebody else tells of it. */
  forget(): void {
    this.count = 0;
    this.bytes = 0;
    this.collection.close();
  }
}

/** Of a connection that state keeps the client on, whatever becomes of the lease. */
export const anyGeneration = -2;
