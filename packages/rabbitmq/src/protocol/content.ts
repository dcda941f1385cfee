import { FieldReader } from './fields.ts';
import { FrameError, frame, frameHeaderBytes, frameOverheadBytes, frameType } from './frame.ts';
import { decodeProperties, encodeProperties } from './properties.ts';
import { writeTable } from './table.ts';
import type { Table } from './table.ts';

/** Bytes of the body that follow the header frame which begins at `at`. */
export function bodySizeAt(bytes: Buffer, at: number, to: number): number {
  if (to - at < frameHeaderBytes + 14 + 1) throw new FrameError('a content header is too short');
  const from = at + frameHeaderBytes + 4;
  return bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4);
}

const headersFlag = 1 << 13;
const contentTypeFlag = 1 << 15;
const contentEncodingFlag = 1 << 14;

/**
 * The same header frame with more entries in its `headers`, and with a message id if it has none. All else stays as it
 * is, byte for byte.
 * @throws FrameError if its properties are cut short
 */
export function withHeaders(
  bytes: Buffer,
  from: number,
  to: number,
  entries: Table,
  messageId?: string,
): Buffer {
  const payload = bytes.subarray(from + frameHeaderBytes, to - 1);
  const flags = payload.readUInt16BE(12);
  const reader = new FieldReader(payload, 14, payload.length);
  if ((flags & contentTypeFlag) !== 0) reader.read('shortstr');
  if ((flags & contentEncodingFlag) !== 0) reader.read('shortstr');
  const at = reader.at;
  const added = writeTable(entries);
  const hasHeaders = (flags & headersFlag) !== 0;
  const known = hasHeaders ? reader.read('longstr').length : 0;
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(known + added.length);
  const changed = Buffer.concat([
    payload.subarray(0, at),
    length,
    hasHeaders ? payload.subarray(at + 4, at + 4 + known) : Buffer.alloc(0),
    added,
    payload.subarray(hasHeaders ? at + 4 + known : at),
  ]);
  changed.writeUInt16BE(flags | headersFlag, 12);
  const payloadWithId = messageId === undefined ? changed : withMessageId(changed, messageId);
  return frame(frameType.header, bytes.readUInt16BE(from + 1), payloadWithId);
}

/** Rare, so by way of all properties. */
function withMessageId(payload: Buffer, messageId: string): Buffer {
  const { properties, bodySize } = decodeProperties(payload, 0, payload.length);
  return properties.messageId === undefined
    ? encodeProperties({ ...properties, messageId }, bodySize)
    : payload;
}

/** The body frame `bytes[from, to)` as frames of at most `frameMax` bytes. */
export function splitBody(bytes: Buffer, from: number, to: number, frameMax: number): readonly Buffer[] {
  const channel = bytes.readUInt16BE(from + 1);
  const piece = frameMax - frameOverheadBytes;
  const frames: Buffer[] = [];
  for (let at = from + frameHeaderBytes; at < to - 1; at += piece) {
    frames.push(frame(frameType.body, channel, bytes.subarray(at, Math.min(at + piece, to - 1))));
  }
  return frames;
}
