import { withHeaders } from '../protocol/content.ts';
import { FrameError, channelAt, frameEndAt, frameType, setChannelAt } from '../protocol/frame.ts';

/** A message on its way: its frames, as they came. Mostly one piece of one chunk. */
export interface Message {
  bytes: Buffer;
  from: number;
  to: number;
  /** Frames that do not lie behind the first piece. */
  rest: Buffer[] | undefined;
  /** Bytes of all frames. */
  size: number;
  /** Bytes of the body still to come; -1 before the header. */
  remaining: number;
  /** The client's number on a confirm channel, else 0. */
  readonly seq: number;
  /** Was it sent and not confirmed? Then it goes again, marked; `due`: its bytes do not say so yet. */
  resent: 'no' | 'due' | 'marked';
  isReturned: boolean;
}

export function beginMessage(bytes: Buffer, from: number, to: number, seq: number): Message {
  return {
    bytes,
    from,
    to,
    rest: undefined,
    size: to - from,
    remaining: -1,
    seq,
    resent: 'no',
    isReturned: false,
  };
}

export function appendFrame(message: Message, bytes: Buffer, from: number, to: number): void {
  message.size += to - from;
  if (message.rest === undefined && bytes === message.bytes && from === message.to) message.to = to;
  else (message.rest ??= []).push(bytes.subarray(from, to));
}

/** Calls back for each piece: a run of whole frames. */
export function eachPiece(message: Message, call: (bytes: Buffer, from: number, to: number) => void): void {
  call(message.bytes, message.from, message.to);
  for (const frame of message.rest ?? []) call(frame, 0, frame.length);
}

/** Calls back for each frame. */
export function eachFrame(message: Message, call: (bytes: Buffer, from: number, to: number) => void): void {
  eachPiece(message, (bytes, from, to) => {
    for (let at = from; at < to;) {
      const end = frameEndAt(bytes, at);
      call(bytes, at, end);
      at = end;
    }
  });
}

/** The frame of its method. */
export function methodFrameOf({ bytes, from }: Message): readonly [bytes: Buffer, from: number, to: number] {
  return [bytes, from, frameEndAt(bytes, from)];
}

/** Puts all frames onto another channel, in place. */
export function moveMessage(message: Message, channel: number): void {
  if (channelAt(message.bytes, message.from) === channel) return;
  eachFrame(message, (bytes, from) => {
    setChannelAt(bytes, from, channel);
  });
}

/** Said of a message that may be there twice. */
export const resentHeader = 'x-failover-resent';

/** The message as it goes again: everything as it was, and a header that says so once, however often. */
export function markResent(message: Message, messageId: string | undefined): void {
  const all = marked(message, messageId);
  message.resent = 'marked';
  message.bytes = all;
  message.from = 0;
  message.to = all.length;
  message.rest = undefined;
  message.size = all.length;
}

/** A copy that is marked, and is nobody else's. */
export function copyMarked(message: Message): Message {
  const pieces: Buffer[] = [];
  eachPiece(message, (bytes, from, to) => pieces.push(bytes.subarray(from, to)));
  const bytes = message.resent === 'marked' ? Buffer.concat(pieces) : marked(message, undefined);
  return { ...message, bytes, from: 0, to: bytes.length, rest: undefined, size: bytes.length };
}

function marked(message: Message, messageId: string | undefined): Buffer {
  const pieces: Buffer[] = [];
  eachFrame(message, (bytes, from, to) => {
    pieces.push(
      bytes[from] === frameType.header ? markedHeader(bytes, from, to, messageId) : bytes.subarray(from, to),
    );
  });
  return Buffer.concat(pieces);
}

function markedHeader(bytes: Buffer, from: number, to: number, messageId: string | undefined): Buffer {
  try {
    return withHeaders(bytes, from, to, { [resentHeader]: 1 }, messageId);
  } catch (cause) {
    if (!(cause instanceof FrameError)) throw cause;
    // Nobody can read its properties: the node will say so in its own words.
    return bytes.subarray(from, to);
  }
}
