import type { Duplex } from 'node:stream';
import { FrameError, protocolHeader } from '../../protocol/frame.ts';
import { createFrameScanner } from '../../protocol/scan.ts';
import type { NodeProcess } from './node-process.ts';
import { AmqpProblem } from './problem.ts';

/** Bytes that a client may leave unread before it gets no more deliveries. */
const congestedBytes = 4 * 1_024 * 1_024;
/** A frame of the handshake is not larger. */
const handshakeFrameBytes = 8_192;

/** The bytes of one client: the header of the protocol, then frames. */
export interface FrameStream {
  /** The client does not read what is sent. */
  readonly isCongested: boolean;
  /** No more than the frame that is served now is read. */
  readonly isHeld: boolean;
  write(bytes: Buffer): void;
  setFrameMax(bytes: number): void;
  /** After all that came in one piece; at once if nothing is being read. */
  afterChunk(action: () => void): void;
  hold(): void;
  release(): void;
  /** After what was written. */
  end(): void;
  destroy(): void;
}

export interface FrameStreamOptions {
  readonly process: NodeProcess;
  readonly stream: Duplex;
  onHeader(isKnown: boolean): void;
  onFrame(bytes: Buffer, from: number, to: number): void;
  /** What came is no frame, or has no place. */
  onProblem(problem: AmqpProblem): void;
  onHeard(): void;
  onSent(): void;
  /** The client reads again. */
  onDrain(): void;
  onClosed(): void;
}

export function createFrameStream(options: FrameStreamOptions): FrameStream {
  const { process, stream } = options;
  const scanner = createFrameScanner(handshakeFrameBytes);
  let header: Buffer | undefined = Buffer.alloc(0);
  let afterChunk: (() => void)[] = [];
  let isInChunk = false;
  let isHeld = false;
  let held: Buffer[] = [];

  function readHeader(chunk: Buffer): Buffer | undefined {
    if (header === undefined) return chunk;
    const got = Buffer.concat([header, chunk]);
    if (got.length < protocolHeader.length) {
      header = got;
      return undefined;
    }
    header = undefined;
    options.onHeader(got.subarray(0, protocolHeader.length).equals(protocolHeader));
    return got.subarray(protocolHeader.length);
  }

  function onFrame(bytes: Buffer, from: number, to: number): boolean {
    if (isHeld) held.push(Buffer.from(bytes.subarray(from, to)));
    else options.onFrame(bytes, from, to);
    return true;
  }

  function inOnePiece(read: () => void): void {
    isInChunk = true;
    stream.cork();
    try {
      read();
    } catch (problem) {
      if (problem instanceof AmqpProblem) options.onProblem(problem);
      else if (problem instanceof FrameError) {
        options.onProblem(new AmqpProblem(problem.code, problem.message, 'connection'));
      } else throw problem;
    }
    isInChunk = false;
    const due = afterChunk;
    afterChunk = [];
    for (const action of due) action();
    stream.uncork();
    if (isHeld) stream.pause();
  }

  stream.on('data', (chunk: Buffer) => {
    options.onHeard();
    inOnePiece(() => {
      const rest = readHeader(chunk);
      if (rest !== undefined) scanner.feed(rest, onFrame);
    });
  });
  stream.on('drain', () => process.run(options.onDrain));
  stream.on('end', () => process.run(() => stream.end()));
  stream.on('close', () => process.run(options.onClosed));
  process.adopt(stream);

  return {
    get isCongested() {
      return stream.writableLength > congestedBytes;
    },
    get isHeld() {
      return isHeld;
    },
    write(bytes) {
      process.run(() => {
        if (stream.destroyed || stream.writableEnded) return;
        stream.write(bytes);
        options.onSent();
      });
    },
    setFrameMax: (bytes) => scanner.setFrameMax(bytes),
    afterChunk(action) {
      if (isInChunk) afterChunk.push(action);
      else process.run(action);
    },
    hold() {
      isHeld = true;
    },
    release() {
      process.run(() => {
        if (!isHeld) return;
        isHeld = false;
        const waited = held;
        held = [];
        inOnePiece(() => {
          for (const bytes of waited) onFrame(bytes, 0, bytes.length);
        });
        if (!isHeld) stream.resume();
      });
    },
    end: () => process.run(() => stream.end()),
    destroy: () => stream.destroy(),
  };
}
