/** @see AMQP 0-9-1 specification, 2.3.5 "Frame Details". */
export const frameType = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

/** Octet type, short channel, long size. */
export const frameHeaderBytes = 7;
export const frameEnd = 0xce;
/** What a frame costs beside its payload. */
export const frameOverheadBytes = frameHeaderBytes + 1;
/** Every peer takes frames of this size; RabbitMQ 4.1 and newer ask for 8192. */
export const minFrameBytes = 4096;

export const protocolHeader = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);
export const heartbeatFrame = Buffer.from([frameType.heartbeat, 0, 0, 0, 0, 0, 0, frameEnd]);

/** The channel of the frame that begins at `at`. */
export function channelAt(bytes: Buffer, at: number): number {
  return ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

/** Where the frame that begins at `at` ends. */
export function frameEndAt(bytes: Buffer, at: number): number {
  return at + bytes.readUInt32BE(at + 3) + frameOverheadBytes;
}

/** Puts the frame that begins at `at` onto another channel, in place. */
export function setChannelAt(bytes: Buffer, at: number, channel: number): void {
  bytes[at + 1] = channel >> 8;
  bytes[at + 2] = channel & 0xff;
}

/** Class and method of the method frame that begins at `at`, as one number. */
export function methodIdAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + frameHeaderBytes);
}

/** The other side does not speak AMQP 0-9-1 as it should: code 501 FRAME_ERROR ends its connection. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code = 501;
}

/** A whole frame around a payload. */
export function frame(type: number, channel: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(payload.length + frameOverheadBytes);
  bytes[0] = type;
  bytes.writeUInt16BE(channel, 1);
  bytes.writeUInt32BE(payload.length, 3);
  bytes.set(payload, frameHeaderBytes);
  bytes[bytes.length - 1] = frameEnd;
  return bytes;
}
