import type { Socket } from 'node:net';
import type { PipeConditions } from './network-fault.ts';
import type { ReplyFilter } from './reply-filter.ts';

/** One direction of one connection. */
export interface Pipe {
  readonly heldBytes: number;
  apply(conditions: PipeConditions): void;
  /** Cuts the connection when so many more bytes have passed, or instead of the first byte if that is 0. */
  cutAfter(bytes: number | undefined): void;
  /** Ends the direction now, and drops what still comes from the source. */
  halfClose(): void;
  /** Reads on and passes nothing, not even the end. */
  sever(): void;
  /** Both sockets are gone: forgets what it holds. */
  close(): void;
}

export interface PipeOptions {
  readonly source: Socket;
  readonly sink: Socket;
  /** Bytes held before the source has to wait. */
  readonly bufferBytes: number;
  readonly filter?: ReplyFilter;
  /** The connection must be reset: a fault says so, or the source was. Called once at most. */
  readonly onReset: (cause?: unknown) => void;
}

type Item =
  | { readonly type: 'data'; readonly bytes: Buffer; readonly arrivedAt: number }
  | { readonly type: 'end' | 'reset'; readonly arrivedAt: number };

/** ms: with a limited rate, bytes leave in portions of about this length. */
const portionMs = 20;
const nothing = Buffer.alloc(0);

/**
 * Passes bytes, the end and a reset on in the order in which they came, under changing conditions.
 * What waits is bounded: beyond that the source is not read, and its sender waits as on a real network.
 */
export function createPipe(options: PipeOptions): Pipe {
  const { source, sink, bufferBytes, filter } = options;
  const queue: Item[] = [];
  let heldBytes = 0;
  let conditions: PipeConditions = { isHeld: false, latencyMs: 0, bytesPerSecond: Infinity };
  let bytesToCut = Infinity;
  let isSevered = false;
  let isFinished = false;
  let isSinkFull = false;
  let rateFreeAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function arrive(item: Item): void {
    if (isFinished || isSevered) return;
    queue.push(item);
    if (item.type === 'data') heldBytes += item.bytes.length;
    pump();
    if (heldBytes >= bufferBytes) source.pause();
  }

  function finish(): void {
    isFinished = true;
    queue.length = 0;
    heldBytes = 0;
    clearTimeout(timer);
    // A source that is not read would never tell that it has ended.
    source.resume();
  }

  function reset(cause?: unknown): void {
    if (isFinished) return;
    finish();
    options.onReset(cause);
  }

  function write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const passed = bytes.subarray(0, Math.min(bytes.length, bytesToCut));
    bytesToCut -= passed.length;
    if (bytesToCut <= 0) {
      finish();
      // The bytes before the cut arrive; a reset right now would take them along.
      if (passed.length > 0) sink.write(passed, () => options.onReset());
      else options.onReset();
      return;
    }
    if (!sink.write(passed)) {
      isSinkFull = true;
      sink.once('drain', () => {
        isSinkFull = false;
        pump();
      });
    }
  }

  function send(bytes: Buffer): void {
    if (filter === undefined) return write(bytes);
    let filtered;
    try {
      filtered = filter.pass(bytes);
    } catch (cause) {
      return reset(cause);
    }
    if (!filtered.isLost) return write(filtered.bytes);
    finish();
    if (filtered.bytes.length > 0) sink.write(filtered.bytes, () => options.onReset());
    else options.onReset();
  }

  function wait(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(pump, Math.max(1, ms));
  }

  /** Takes a portion off the first item, as large as the rate allows. */
  function nextBytes(bytes: Buffer, arrivedAt: number, now: number): Buffer {
    const { bytesPerSecond } = conditions;
    const allowed =
      bytesPerSecond === Infinity ? bytes.length : Math.ceil((bytesPerSecond * portionMs) / 1_000);
    const portion = bytes.subarray(0, Math.max(1, allowed));
    if (bytesPerSecond !== Infinity) {
      rateFreeAt = Math.max(now, rateFreeAt) + (portion.length * 1_000) / bytesPerSecond;
    }
    if (portion.length < bytes.length) {
      queue[0] = { type: 'data', bytes: bytes.subarray(portion.length), arrivedAt };
    } else {
      queue.shift();
    }
    heldBytes -= portion.length;
    return portion;
  }

  function pump(): void {
    for (;;) {
      const item = queue[0];
      if (item === undefined || conditions.isHeld || isSinkFull || isFinished) break;
      const now = performance.now();
      const isLimited = conditions.bytesPerSecond !== Infinity;
      const dueAt = Math.max(item.arrivedAt + conditions.latencyMs, isLimited ? rateFreeAt : 0);
      if (dueAt > now) {
        wait(dueAt - now);
        break;
      }
      if (item.type === 'data') {
        send(nextBytes(item.bytes, item.arrivedAt, now));
      } else if (item.type === 'end') {
        finish();
        sink.end();
      } else {
        reset();
      }
    }
    if (heldBytes < bufferBytes && !isFinished) source.resume();
  }

  source.on('data', (bytes: Buffer) => arrive({ type: 'data', bytes, arrivedAt: performance.now() }));
  source.once('end', () => arrive({ type: 'end', arrivedAt: performance.now() }));
  source.on('error', () => {
    // After its end it can still be reset, and the other direction must learn that.
    if (isFinished && !isSevered) options.onReset();
    else arrive({ type: 'reset', arrivedAt: performance.now() });
  });

  return {
    get heldBytes() {
      return heldBytes;
    },
    apply(next) {
      conditions = next;
      rateFreeAt = 0;
      clearTimeout(timer);
      if (filter !== undefined && !isFinished && !conditions.isHeld) send(nothing);
      pump();
    },
    cutAfter(bytes) {
      bytesToCut = bytes ?? Infinity;
    },
    halfClose() {
      if (isFinished) return;
      finish();
      sink.end();
    },
    sever() {
      isSevered = true;
      queue.length = 0;
      heldBytes = 0;
      source.resume();
    },
    close: finish,
  };
}
