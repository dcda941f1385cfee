import { splitBody } from '../protocol/content.ts';
import { readLonglong, writeLonglong } from '../protocol/fields.ts';
import { FrameError, frameHeaderBytes, frameEndAt, frameType, setChannelAt } from '../protocol/frame.ts';
import { decodeProperties } from '../protocol/properties.ts';
import type { Consumer } from '../session/consumer.ts';
import { streamOffsetKey } from '../session/consumer.ts';
import type { Channel, Incoming } from './channel.ts';
import { hasRoomFor } from './channel.ts';
import type { Connection } from './connection.ts';
import { eachFrame, eachPiece } from './message.ts';
import type { Message } from './message.ts';

/** A client that still has messages from before a failover gets no more than its prefetch in all. */
export function mayShow(channel: Channel, { kind, consumer }: Incoming): boolean {
  if (kind !== 'deliver' || consumer === undefined) return true;
  if (!hasRoomFor(channel, consumer)) return false;
  return channel.waiting.every((other) => other.consumer !== consumer);
}

/** The client settled something: what fits now is shown, in the order of each consumer. */
export function showWaiting(connection: Connection, channel: Channel): void {
  const left: Incoming[] = [];
  const due = channel.waiting.splice(0);
  for (const incoming of due) {
    const { consumer } = incoming;
    const isBehind = left.some((other) => other.consumer === consumer);
    if (isBehind || consumer === undefined || !hasRoomFor(channel, consumer)) {
      left.push(incoming);
      continue;
    }
    channel.deliveries.releaseOne();
    show(connection, channel, incoming);
  }
  channel.waiting.push(...left);
}

export function show(connection: Connection, channel: Channel, incoming: Incoming): void {
  const { message, kind, consumer, needsAck } = incoming;
  if (kind === 'get') {
    const request = channel.requests.shift();
    if (request === undefined) throw new FrameError('a message that nobody asked for');
    channel.failures = 0;
  }
  if (kind !== 'return') {
    const at = tagAt(message, kind);
    const upstreamTag = readLonglong(message.bytes, at);
    const tag = channel.deliveries.issue(upstreamTag, consumer, needsAck);
    if (tag !== upstreamTag) writeLonglong(message.bytes, at, tag);
    connection.gateway.counters.delivered += 1;
    if (consumer !== undefined && consumer.streamOffset !== null) noteOffset(consumer, message);
  }
  const { clientFrameMax } = connection;
  const isSame = channel.upstreamId === channel.id;
  if (isSame && (message.size <= clientFrameMax || clientFrameMax === 0)) {
    eachPiece(message, connection.toClient);
    return;
  }
  eachFrame(message, (bytes, from, to) => {
    frameToClient(connection, channel, bytes, from, to);
  });
}

/** Only messages of streams carry an offset: the first one of a consumer tells which kind its queue is. */
function noteOffset(consumer: Consumer, message: Message): void {
  const methodEnd = frameEndAt(message.bytes, message.from);
  const inOne = message.to > methodEnd;
  const header = inOne ? message.bytes : message.rest?.[0];
  if (header === undefined) return;
  const from = inOne ? methodEnd : 0;
  const to = frameEndAt(header, from);
  const offset = decodeProperties(header, from + frameHeaderBytes, to - 1).properties.headers?.[
    streamOffsetKey
  ];
  consumer.streamOffset = typeof offset === 'bigint' || typeof offset === 'number' ? BigInt(offset) : null;
}

function tagAt(message: Message, kind: 'deliver' | 'get'): number {
  const at = message.from + frameHeaderBytes + 4;
  return kind === 'get' ? at : at + 1 + (message.bytes[at] as number);
}

export function frameToClient(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  setChannelAt(bytes, from, channel.id);
  const { clientFrameMax } = connection;
  if (clientFrameMax === 0 || to - from <= clientFrameMax || bytes[from] !== frameType.body) {
    connection.toClient(bytes, from, to);
    return;
  }
  for (const piece of splitBody(bytes, from, to, clientFrameMax)) connection.toClient(piece, 0, piece.length);
}
