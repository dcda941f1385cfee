import { bodySizeAt, splitBody } from '../protocol/content.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { methodFrame } from '../protocol/encode.ts';
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
import { replyCode } from '../protocol/reply-code.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { closeForClient, removeChannel } from './close-channel.ts';
import { complete } from './complete.ts';
import { tellClient, tellNode } from './frames.ts';
import type { Message } from './message.ts';
import { appendFrame, beginMessage } from './message.ts';
import { nameQueues } from './name-queues.ts';
import { hasNoAnswer, isRegistering, sendRequest } from './request.ts';
import { showWaiting } from './show.ts';

const publishId = methodId('basic.publish');
const ackId = methodId('basic.ack');
const nackId = methodId('basic.nack');
const rejectId = methodId('basic.reject');
/** Bytes of an ack, nack or reject. */
const settleFrameBytes = frameOverheadBytes + 4 + 8 + 1;

/** One frame of the client on one of its channels. */
export function fromClient(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  if (bytes[from] !== frameType.method) {
    if (channel.phase === 'closed') return;
    if (channel.publishing !== undefined) continuePublish(connection, channel, bytes, from, to);
    else if (channel.gate !== 'open') hold(connection, channel, bytes, from, to);
    else connection.refuse(replyCode.unexpectedFrame, 'UNEXPECTED_FRAME - content without a method');
    return;
  }
  const id = methodIdAt(bytes, from);
  if (channel.phase === 'closed') {
    afterClose(connection, channel, id);
    return;
  }
  if (channel.publishing !== undefined) {
    connection.refuse(replyCode.unexpectedFrame, 'UNEXPECTED_FRAME - a method where content was expected');
    return;
  }
  const settles = id === ackId || id === nackId || id === rejectId;
  // Settling does not wait behind publishes, except where it is part of a transaction.
  if (settles && (channel.gate === 'open' || channel.mode.type !== 'tx')) {
    settle(connection, channel, id, bytes, from, to);
  } else if (channel.gate !== 'open') {
    hold(connection, channel, bytes, from, to);
  } else if (id === publishId) {
    beginPublish(connection, channel, bytes, from, to);
  } else {
    request(connection, channel, bytes, from, to);
  }
}

function hold(connection: Connection, channel: Channel, bytes: Buffer, from: number, to: number): void {
  channel.held.push({ bytes, from, to, since: nowOf(connection) });
  channel.heldBytes += to - from;
  connection.heldBytes += to - from;
  connection.onHeld();
}

/** The gate is open again: what waited goes first, in order. */
export function releaseHeld(connection: Connection, channel: Channel): void {
  const frames = channel.held;
  if (frames.length === 0) return;
  channel.held = [];
  connection.heldBytes -= channel.heldBytes;
  channel.heldBytes = 0;
  // If the gate shuts meanwhile, the rest is held again, in order.
  try {
    for (const { bytes, from, to } of frames) fromClient(connection, channel, bytes, from, to);
  } catch (cause) {
    // The client's own fault, though it is the node that we are listening to.
    if (!(cause instanceof FrameError)) throw cause;
    connection.refuse(replyCode.frameError, `FRAME_ERROR - ${cause.message}`);
  }
  connection.onHeld();
}

/** Onto the upstream channel, in pieces that the node takes. */
export function toNode(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  const { upstream } = connection;
  if (upstream === undefined || channel.upstreamId === 0) return;
  if (channel.upstreamId !== channel.id) setChannelAt(bytes, from, channel.upstreamId);
  const { frameMax } = upstream.tuned;
  if (frameMax === 0 || to - from <= frameMax || bytes[from] !== frameType.body) {
    upstream.append(bytes, from, to);
    return;
  }
  for (const piece of splitBody(bytes, from, to, frameMax)) upstream.append(piece, 0, piece.length);
}

function beginPublish(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  const { mode } = channel;
  if (
    mode.type === 'confirm' &&
    connection.unconfirmedBytes >= connection.gateway.config.maxUnconfirmedBytes
  ) {
    channel.gate = 'full';
    connection.full.add(channel);
    hold(connection, channel, bytes, from, to);
    return;
  }
  if (mode.type === 'tx') mode.isDirty = true;
  if (mode.type === 'confirm') channel.lastSeq += 1;
  channel.publishing = beginMessage(bytes, from, to, mode.type === 'confirm' ? channel.lastSeq : 0);
  toNode(connection, channel, bytes, from, to);
}

function continuePublish(
  connection: Connection,
  channel: Channel,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  const message = channel.publishing;
  if (message === undefined) return;
  const isHeader = bytes[from] === frameType.header;
  if (isHeader !== message.remaining < 0) {
    connection.refuse(replyCode.unexpectedFrame, 'UNEXPECTED_FRAME - header and body in the wrong order');
    return;
  }
  if (isHeader) message.remaining = bodySizeAt(bytes, from, to);
  else message.remaining -= to - from - frameOverheadBytes;
  if (message.remaining < 0) {
    connection.refuse(replyCode.frameError, 'FRAME_ERROR - a body is longer than its header says');
    return;
  }
  appendFrame(message, bytes, from, to);
  // Behind older messages it grows here, and goes as a whole.
  const isBehind = channel.gate === 'restoring' || channel.gate === 'resending';
  if (!isBehind) toNode(connection, channel, bytes, from, to);
  if (message.remaining > 0) return;
  channel.publishing = undefined;
  connection.gateway.counters.published += 1;
  if (isBehind) channel.unsent.push(message);
  else published(connection, channel, message);
}

/** All frames of a message are on their way. A plain publish is forgotten here: it never goes twice. */
export function published(connection: Connection, channel: Channel, message: Message): void {
  if (channel.mode.type !== 'confirm') return;
  const { publishes } = channel.mode;
  if (publishes.count === 0) channel.progressAt = nowOf(connection);
  publishes.sent(message);
  connection.unconfirmedBytes += message.size;
}

function settle(
  connection: Connection,
  channel: Channel,
  id: number,
  bytes: Buffer,
  from: number,
  to: number,
): void {
  if (to - from !== settleFrameBytes) throw new FrameError('an acknowledgement of the wrong length');
  const at = from + frameHeaderBytes + 4;
  const tag = readLonglong(bytes, at);
  const flags = bytes[at + 8] as number;
  const multiple = id !== rejectId && (flags & 1) === 1;
  const settled = channel.deliveries.settle(tag, multiple);
  if (settled.type === 'unknownTag') {
    const name = id === ackId ? 'basic.ack' : id === nackId ? 'basic.nack' : 'basic.reject';
    const text = `PRECONDITION_FAILED - unknown delivery tag ${tag}`;
    closeForClient(connection, channel, replyCode.preconditionFailed, text, name);
    return;
  }
  connection.gateway.counters.staleAcks += settled.stale;
  if (channel.mode.type === 'tx') channel.mode.isDirty = true;
  if (settled.type === 'one') {
    const mayMerge = id === ackId && settled.isAllSoFar && channel.mode.type !== 'tx';
    if (!mayMerge || !mergeAck(connection, channel, settled.tag)) {
      if (settled.tag !== tag) writeLonglong(bytes, at, settled.tag);
      toNode(connection, channel, bytes, from, to);
      const { upstream } = connection;
      channel.dueAck =
        mayMerge && upstream !== undefined ? { bytes, at, upstream, turn: upstream.turn } : undefined;
    }
  } else if (settled.type === 'each') {
    channel.dueAck = undefined;
    for (const each of settled.tags) {
      if (id === ackId) tellNode(connection, channel, 'basic.ack', { deliveryTag: each, multiple: false });
      else {
        const requeue = (flags & 2) === 2;
        tellNode(connection, channel, 'basic.nack', { deliveryTag: each, multiple: false, requeue });
      }
    }
  }
  if (channel.waiting.length > 0) showWaiting(connection, channel);
}

/**
 * Acks that come together become one with `multiple`: a queue writes each into its log, and so many of a client's
 * become one entry there. False if there is none that this one can take the place of.
 */
function mergeAck(connection: Connection, { dueAck }: Channel, tag: number): boolean {
  if (dueAck === undefined || dueAck.upstream !== connection.upstream) return false;
  if (dueAck.turn !== dueAck.upstream.turn) return false;
  writeLonglong(dueAck.bytes, dueAck.at, tag);
  dueAck.bytes[dueAck.at + 8] = 1;
  connection.gateway.counters.mergedAcks += 1;
  return true;
}

function request(connection: Connection, channel: Channel, bytes: Buffer, from: number, to: number): void {
  // An ack behind it stays behind it.
  channel.dueAck = undefined;
  const asked = decodeMethod(bytes, from, to);
  switch (asked.name) {
    case 'channel.open':
      connection.refuse(replyCode.channelError, "CHANNEL_ERROR - second 'channel.open' seen");
      return;
    case 'channel.close-ok':
      return;
    case 'channel.flow-ok':
      toNode(connection, channel, bytes, from, to);
      return;
    case 'basic.cancel':
      if (!isRegistering(channel, asked.consumerTag)) break;
      channel.gate = 'registering';
      hold(connection, channel, bytes, from, to);
      return;
    default:
      break;
  }
  const method = nameQueues(asked, channel, connection.gateway.runtime);
  const frame = method === asked ? bytes.subarray(from, to) : methodFrame(channel.id, method);
  // Before its answer, since what comes again may come before that.
  if (method.name === 'basic.recover' || method.name === 'basic.recover-async') giveBack(channel);
  if (hasNoAnswer(method)) {
    toNode(connection, channel, frame, 0, frame.length);
    complete(connection, channel, method, undefined);
    return;
  }
  const now = nowOf(connection);
  sendRequest(connection, channel, { method, bytes: frame, since: now, sentAt: now });
  // What a client sends behind it, without waiting for the answer, is counted from here.
  if (method.name === 'confirm.select' || method.name === 'tx.select')
    complete(connection, channel, method, undefined);
}

/** All that the client has goes back to its queues, and so does what is held for it. */
function giveBack({ waiting, deliveries }: Channel): void {
  waiting.length = 0;
  deliveries.giveBack();
}

/** The client may have sent much before it heard of the close; only the end of it counts. */
function afterClose(connection: Connection, channel: Channel, id: number): void {
  if (id === methodId('channel.close-ok')) {
    removeChannel(connection, channel);
  } else if (id === methodId('channel.close')) {
    tellClient(connection, channel.id, 'channel.close-ok', {});
  }
}
