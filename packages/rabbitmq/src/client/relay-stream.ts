import { Duplex } from 'node:stream';
import type { ClientStream } from '@failover/core';

/** Bytes that amqplib may write ahead of us before it is told to wait, as a socket would. */
const highWaterBytes = 256 * 1024;
/** A piece of this size goes on by itself: joining it would copy it for nothing. */
const maxJoinedBytes = 16 * 1024;

type Listener = (chunk: Buffer) => void;

/**
 * What amqplib takes for its socket. It writes frame by frame; all frames of a turn leave together. `relaySide` is the
 * other end: for the relay a client like any other.
 */
export class RelayStream extends Duplex {
  readonly relaySide: ClientStream;
  private readonly onData: Listener[] = [];
  private readonly onDrain: (() => void)[] = [];
  private readonly onGone: (() => void)[] = [];
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private isFlushDue = false;
  private isHeldBack = false;
  private needsDrain = false;
  private isFull = false;

  constructor() {
    super({
      allowHalfOpen: false,
      readableHighWaterMark: highWaterBytes,
      autoDestroy: true,
      emitClose: true,
    });
    this.relaySide = this.createRelaySide();
  }

  /** Not by way of the Writable's own queue, which would cost as much again as the relay does. */
  override write(chunk: unknown): boolean {
    if (this.destroyed || this.writableEnded) return false;
    // Only the protocol header comes as text.
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : (chunk as Buffer);
    this.pieces.push(bytes);
    this.pendingBytes += bytes.length;
    if (!this.isFlushDue && !this.isHeldBack) {
      this.isFlushDue = true;
      process.nextTick(() => this.flush());
    }
    if (this.pendingBytes < highWaterBytes) return true;
    this.needsDrain = true;
    return false;
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  override _read(): void {
    if (!this.isFull) return;
    this.isFull = false;
    for (const listener of this.onDrain) listener();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.flush();
    done();
    for (const listener of this.onGone) listener();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    for (const listener of this.onGone) listener();
    done(error);
  }

  private flush(): void {
    this.isFlushDue = false;
    if (this.isHeldBack) return;
    const { pieces } = this;
    this.pieces = [];
    this.pendingBytes = 0;
    for (const chunk of joined(pieces)) for (const listener of this.onData) listener(chunk);
    if (!this.needsDrain || this.pendingBytes >= highWaterBytes || this.isHeldBack) return;
    this.needsDrain = false;
    this.emit('drain');
  }

  private createRelaySide(): ClientStream {
    const push = (bytes: Uint8Array): boolean => {
      if (this.destroyed) return true;
      this.isFull = !this.push(bytes);
      return !this.isFull;
    };
    const isFull = (): boolean => this.isFull;
    const end = (): void => {
      if (this.destroyed) return;
      this.push(null);
      // amqplib reads to the end first.
      setImmediate(() => this.destroy());
    };
    return {
      write: push,
      get writableLength() {
        return 0;
      },
      get writableNeedDrain() {
        return isFull();
      },
      pause: () => {
        this.isHeldBack = true;
      },
      resume: () => {
        this.isHeldBack = false;
        if (this.pieces.length > 0 || this.needsDrain) this.flush();
      },
      end,
      destroy: end,
      on: (event: string, listener: Listener & (() => void)) => {
        if (event === 'data') this.onData.push(listener);
        else if (event === 'drain') this.onDrain.push(listener);
        else if (event === 'close') this.onGone.push(listener);
      },
    };
  }
}

/** Small pieces together, so that the frames of a turn lie in one buffer and leave in one write. */
function joined(pieces: readonly Buffer[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let run: Buffer[] = [];
  const seal = (): void => {
    if (run.length > 0) chunks.push(run.length === 1 ? (run[0] as Buffer) : Buffer.concat(run));
    run = [];
  };
  for (const piece of pieces) {
    if (piece.length > maxJoinedBytes) {
      seal();
      chunks.push(piece);
    } else run.push(piece);
  }
  seal();
  return chunks;
}
