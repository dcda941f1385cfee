import { bodySizeAt } from '../protocol/content.ts';
import { decodeAs, decodeMethod } from '../protocol/decode.ts';
import { readLonglong, writeLonglong } from '../protocol/fields.ts';
import {
  FrameError,
  frameHeaderBytes,
  frameOverheadBytes,
  frameType,
  methodIdAt,
  setChannelAt,
} from '../protocol/frame.ts';
import { methodId } from '../protocol/methods.ts';
import { isReply } from '../protocol/traits.ts';
import type { Consumer } from '../session/consumer.ts';
import type { Channel, Incoming } from './channel.ts';
import { complete } from './complete.ts';
import type { Connection } from './connection.ts';
import { isNodeAway, nowOf } from './connection.ts';
import { consumerCancelled } from './consumers.ts';
import { releaseHeld } from './from-client.ts';
import { closedByNode, reopenRejected } from './lose-channel.ts';
import { appendFrame, beginMessage, methodFrameOf } from './message.ts';
import { isOurs } from './request.ts';
import { resend } from './restore.ts';
import { isElecting } from './try-pace.ts';
import { frameToClient, mayShow, show } from './show.ts';

const deliverId = methodId('basic.deliver');
const returnId = methodId('basic.return');
const getOkId = methodId('basic.get-ok');
const ackId = methodId('basic.ack');
const nackId = methodId('basic.nack');

/** Bytes of a body up to which a message is kept until it is whole, so that a loss cuts nothing. */
const maxWholeBytes = 1024 * 1024;

/** One frame of the node on the upstream channel of a client's channel. */
export function fromNode(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  if (bytes[from] !== frameType.method) {
    continueIncoming(connection, channel, bytes, from, to);
    return;
  }
  if (channel.incoming !== undefined) throw new FrameError('a method where content was expected');
  switch (methodIdAt(bytes, from)) {
    case deliverId:
      begin(channel, 'deliver', consumerAt(channel, bytes, from), bytes, from, to);
      return;
    case returnId:
      matchReturned(channel, bytes, from, to);
      begin(channel, 'return', undefined, bytes, from, to);
      return;
    case getOkId:
      begin(channel, 'get', undefined, bytes, from, to);
      return;
    case ackId:
    case nackId:
      confirmed(connection, channel, bytes, from, to);
      return;
    default:
      hear(connection, channel, bytes, from, to);
  }
}

function hear(connection: Connection, channel: Channel, bytes: Buffer, from: number, to: number): void {
  const method = decodeMethod(bytes, from, to);
  if (method.name === 'channel.close') {
    closedByNode(connection, channel, method);
    return;
  }
  if (method.name === 'basic.cancel') {
    consumerCancelled(connection, channel, method.consumerTag);
    return;
  }
  if (isReply(method.name)) {
    const request = channel.requests.shift();
    if (request === undefined) throw new FrameError(`${method.name} that nobody asked for`);
    channel.failures = 0;
    if (isOurs(request)) request.onReply?.(method);
    else {
      complete(connection, channel, request.method, method);
      setChannelAt(bytes, from, channel.id);
      connection.toClient(bytes, from, to);
    }
    if (method.name === 'basic.consume-ok' && channel.gate === 'registering') {
      channel.gate = 'open';
      releaseHeld(connection, channel);
    }
    return;
  }
  setChannelAt(bytes, from, channel.id);
  connection.toClient(bytes, from, to);
}

function consumerAt(channel: Channel, bytes: Buffer, from: number): Consumer | undefined {
  const at = from + frameHeaderBytes + 4;
  const length = bytes[at] as number;
  // One consumer is most usual, and comparing is cheaper than making a string.
  for (const consumer of channel.consumers.values()) {
    const { tagBytes } = consumer;
    if (tagBytes.length === length && tagBytes.compare(bytes, at + 1, at + 1 + length) === 0) return consumer;
    if (channel.consumers.size > 4)
      return channel.consumers.get(bytes.toString('utf8', at + 1, at + 1 + length));
  }
  return undefined;
}

function begin(
  channel: Channel,
  kind: Incoming['kind'],
  consumer: Consumer | undefined,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  const head = channel.requests[0]?.method;
  const needsAck =
    kind === 'deliver' ? consumer?.asked.noAck === false : head?.name === 'basic.get' && !head.noAck;
  channel.incoming = {
    message: beginMessage(bytes, from, to, 0),
    consumer,
    kind,
    needsAck,
    isStreaming: false,
  };
}

function continueIncoming(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  const { incoming } = channel;
  if (incoming === undefined) throw new FrameError('content without a method');
  const { message } = incoming;
  if (message.remaining < 0) message.remaining = bodySizeAt(bytes, from, to);
  else message.remaining -= to - from - frameOverheadBytes;
  if (message.remaining < 0) throw new FrameError('a body is longer than its header says');
  if (incoming.isStreaming) {
    frameToClient(connection, channel, bytes, from, to);
    if (message.remaining === 0) channel.incoming = undefined;
    return;
  }
  appendFrame(message, bytes, from, to);
  if (message.remaining === 0) {
    channel.incoming = undefined;
    arrived(connection, channel, incoming);
  } else if (message.remaining > maxWholeBytes && mayShow(channel, incoming)) {
    incoming.isStreaming = true;
    show(connection, channel, incoming);
  }
}

function arrived(connection: Connection, channel: Channel, incoming: Incoming): void {
  // Cancelled, and the node had it on its way: nobody takes it, and no ack may take it in with others.
  if (incoming.kind === 'deliver' && incoming.consumer === undefined) {
    channel.deliveries.holdOne();
    return;
  }
  if (mayShow(channel, incoming)) {
    show(connection, channel, incoming);
    return;
  }
  channel.waiting.push(incoming);
  channel.deliveries.holdOne();
}

function confirmed(connection: Connection, channel: Channel, bytes: Buffer, from: number, to: number): void {
  if (channel.mode.type !== 'confirm') throw new FrameError('a confirm on a channel without confirms');
  const { publishes } = channel.mode;
  const at = from + frameHeaderBytes + 4;
  const upstreamSeq = readLonglong(bytes, at);
  const flags = bytes[at + 8] as number;
  const isNack = methodIdAt(bytes, from) === nackId;
  const now = nowOf(connection);
  if (now - channel.progressAt >= connection.gateway.config.silenceMs) connection.stirredAt = now;
  if (isNack && mayBeNodeTrouble(connection, channel)) {
    reopenRejected(connection, channel);
    return;
  }
  if (!isNack) {
    channel.unprovenSince = undefined;
    channel.wasLost = false;
    channel.rejections = 0;
  }
  const before = publishes.bytes;
  const word = publishes.confirmed(upstreamSeq, (flags & 1) === 1);
  channel.progressAt = now;
  channel.failures = 0;
  if (word === undefined) return;
  connection.unconfirmedBytes -= before - publishes.bytes;
  connection.gateway.counters.confirmed += 1;
  if (word.seq !== upstreamSeq) writeLonglong(bytes, at, word.seq);
  setChannelAt(bytes, from, channel.id);
  connection.toClient(bytes, from, to);
  if (channel.gate === 'resending') resend(connection, channel);
  if (connection.full.size > 0) openFull(connection);
}

/**
 * RabbitMQ 3.10 nacks everything on a channel that published first between the loss of a leader and the next election,
 * until that node is back. What a queue refuses by its own policy is refused on each channel, and told in the end.
 */
function mayBeNodeTrouble(connection: Connection, channel: Channel): boolean {
  const { unprovenSince, wasLost, publishing } = channel;
  const { config } = connection.gateway;
  // In the middle of a message the node takes nothing else; and who wants to be told is told.
  if (publishing !== undefined || config.unknown === 'reject') return false;
  // Another queue's messages may be confirmed. And of what waited for a leader that is given up the first may be, and the
  // rest nacked.
  if (unprovenSince === undefined) return isElecting(connection) && isNodeAway(connection);
  if (nowOf(connection) - unprovenSince >= config.holdMs) return false;
  return wasLost || isNodeAway(connection);
}

/** There is room for unconfirmed messages again. */
function openFull(connection: Connection): void {
  const { full, gateway } = connection;
  if (connection.unconfirmedBytes > (gateway.config.maxUnconfirmedBytes * 3) / 4) return;
  for (const channel of [...full]) {
    full.delete(channel);
    if (channel.gate !== 'full') continue;
    channel.gate = 'open';
    releaseHeld(connection, channel);
  }
}

function matchReturned(channel: Channel, bytes: Buffer, from: number, to: number): void {
  if (channel.mode.type !== 'confirm') return;
  const { exchange, routingKey } = decodeAs('basic.return', bytes, from, to);
  channel.mode.publishes.returned((message) => {
    const sent = decodeAs('basic.publish', ...methodFrameOf(message));
    return sent.mandatory && sent.exchange === exchange && sent.routingKey === routingKey;
  });
}
