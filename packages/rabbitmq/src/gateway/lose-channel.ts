import type { Ms } from '@failover/core';
import { isTransientClose } from '../protocol/close-reason.ts';
import { encodeMethod } from '../protocol/encode.ts';
import type { Arguments, Method } from '../protocol/methods.ts';
import { methodName } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { whenLost } from '../protocol/traits.ts';
import type { Channel, Request } from './channel.ts';
import { abandonUpstream, closeForClient } from './close-channel.ts';
import { complete } from './complete.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { consumerRefused, forgetTries } from './consumers.ts';
import { tellClient, tellNode } from './frames.ts';
import type { Message } from './message.ts';
import { isGeneratedName } from './name-queues.ts';
import { isOurs } from './request.ts';
import { restoreChannel } from './restore.ts';
import { promptRejections } from './try-pace.ts';

/** ms before a channel that was lost on a living connection is opened again; doubles up to the most. */
const reopenMs = { first: 20, most: 1000 };
/** The same of one that was nacked, and so much more for each client; doubles only after many times in a row. */
const rejectedMs = { first: 20, perClient: 2 };

/** Not a queue: a word for replies on the same channel. */
const directReplyTo = 'amq.rabbitmq.reply-to';

/**
 * The upstream channel is gone. What the broker takes back by itself is forgotten, what may go again is kept in order,
 * and what nobody can know is told. The channel stays shut until it is restored. `mayHang`: so may the leaders of its
 * queues, and consumers are not registered on the channel before somebody has seen that they can be.
 */
export function loseChannel(connection: Connection, channel: Channel, reason: string, mayHang = false): void {
  if (channel.phase === 'closed') return;
  channel.unprovenSince ??= nowOf(connection);
  channel.wasLost = true;
  const lost = channel.requests;
  channel.requests = [];
  channel.upstreamId = 0;
  channel.dueAck = undefined;
  channel.gate = 'restoring';
  connection.full.delete(channel);
  const problem = problemOf(channel, lost, reason);
  if (channel.incoming?.isStreaming === true || problem !== undefined) {
    const { code, text, blamed } = problem ?? {
      code: replyCode.internalError,
      text: reason,
      blamed: undefined,
    };
    if (code === replyCode.internalError) tellUnknown(connection, 1, reason);
    closeForClient(connection, channel, code, text, blamed);
    return;
  }
  channel.incoming = undefined;
  channel.waiting.length = 0;
  channel.deliveries.nextEpoch();
  for (const consumer of channel.consumers.values()) {
    consumer.state = 'waiting';
    forgetTries(consumer);
    if (mayHang && consumer.asked.queue !== directReplyTo) consumer.failures = Math.max(1, consumer.failures);
  }
  keepPublishes(connection, channel, reason);
  for (const request of lost) if (!isOurs(request)) carryOver(connection, channel, request);
}

interface Problem {
  readonly code: number;
  readonly text: string;
  readonly blamed: Method['name'];
}

/** What cannot be kept ends this channel alone. */
function problemOf(channel: Channel, lost: readonly Request[], reason: string): Problem | undefined {
  const unknown = lost.find((request) => !isOurs(request) && isUnknownWhenLost(request.method));
  if (unknown !== undefined) {
    const { name } = unknown.method;
    const text = `INTERNAL_ERROR - failover: ${name} was sent and not answered (${reason}): it may or may not have been done`;
    return { code: replyCode.internalError, text, blamed: name };
  }
  if (channel.mode.type === 'tx' && channel.mode.isDirty) {
    const text = `PRECONDITION_FAILED - failover: the transaction is not committed, its node was lost (${reason})`;
    return { code: replyCode.preconditionFailed, text, blamed: 'tx.commit' };
  }
  return undefined;
}

export function isUnknownWhenLost(method: Method): boolean {
  // A message that was taken without an ack is in nobody's hands.
  return method.name === 'basic.get' ? method.noAck : whenLost(method.name) === 'unknown';
}

function carryOver(connection: Connection, channel: Channel, request: Request): void {
  const { method } = request;
  if (whenLost(method.name) === 'again') {
    channel.again.push(request);
    return;
  }
  switch (method.name) {
    case 'channel.close':
      complete(connection, channel, method, undefined);
      tellClient(connection, channel.id, 'channel.close-ok', {});
      return;
    case 'basic.cancel':
      complete(connection, channel, method, undefined);
      tellClient(connection, channel.id, 'basic.cancel-ok', { consumerTag: method.consumerTag });
      return;
    case 'basic.recover':
      tellClient(connection, channel.id, 'basic.recover-ok', {});
      return;
    case 'tx.rollback':
      complete(connection, channel, method, undefined);
      tellClient(connection, channel.id, 'tx.rollback-ok', {});
      return;
    default:
      channel.again.push(request);
  }
}

/** On a plain channel a publish was forgotten when it left. With confirms it goes again, or its client is told. */
function keepPublishes(connection: Connection, channel: Channel, reason: string): void {
  if (channel.mode.type !== 'confirm') return;
  const { publishes } = channel.mode;
  connection.unconfirmedBytes -= publishes.bytes;
  const left = publishes.nextEpoch();
  if (left.length === 0) return;
  const { config, counters, cluster, target } = connection.gateway;
  // It came back, so it went nowhere: the broker had answered, only its word on the way was lost.
  const open = left.filter((message) => {
    if (message.isReturned)
      tellClient(connection, channel.id, 'basic.ack', { deliveryTag: message.seq, multiple: false });
    return !message.isReturned;
  });
  if (open.length === 0) return;
  if (config.unknown === 'resend') {
    counters.resent += open.length;
    for (const message of open) if (message.resent === 'no') message.resent = 'due';
    channel.unsent = [...open, ...channel.unsent];
    const server = connection.upstream?.lease.server;
    if (server !== undefined) cluster.reportResent(target, server, open.length, reason);
    return;
  }
  tellUnknown(connection, open.length, reason);
  nackEach(connection, channel, open);
}

/** In process the callers learn more than a nack can say. */
function nackEach(connection: Connection, channel: Channel, open: readonly Message[]): void {
  const seqs = open.map(({ seq }) => seq);
  connection.ear?.onNotConfirmed(channel.id, seqs, {
    type: 'unknown',
    server: connection.upstream?.lease.server,
  });
  for (const seq of seqs) {
    tellClient(connection, channel.id, 'basic.nack', { deliveryTag: seq, multiple: false, requeue: false });
  }
}

function tellUnknown(connection: Connection, count: number, reason: string): void {
  const { counters, cluster, target } = connection.gateway;
  counters.unknown += count;
  const server = connection.upstream?.lease.server;
  if (server !== undefined) cluster.reportUnknown(target, server, count, reason);
}

/** The channel upstream waits for a queue: it is opened anew. If it is one consumer's, that is tried apart. */
export function giveUpSilent(connection: Connection, channel: Channel, tag: string | undefined): void {
  // In the middle of a message the node takes nothing else: looked at again soon.
  if (connection.upstream === undefined || channel.publishing !== undefined) return;
  connection.gateway.counters.channelResets += 1;
  abandonUpstream(connection, channel);
  const consumer = tag === undefined ? undefined : channel.consumers.get(tag);
  if (consumer !== undefined) consumer.failures = Math.max(1, consumer.failures);
  loseChannel(connection, channel, 'its queue does not answer', tag === undefined);
  // Restoring sets it aside.
  if (isStillThere(channel)) restoreChannel(connection, channel);
}

/** The channel upstream nacks what it is sent and has confirmed nothing: another one may know the new leader. */
export function reopenRejected(connection: Connection, channel: Channel): void {
  abandonUpstream(connection, channel);
  loseChannel(connection, channel, 'a new channel was nacked');
  channel.rejections += 1;
  const { first, perClient } = rejectedMs;
  const ms =
    (first + perClient * connection.gateway.counters.clients) * 2 ** (channel.rejections / promptRejections);
  reopen(connection, channel, Math.min(reopenMs.most, ms));
}

const isStillThere = ({ phase }: Channel): boolean => phase !== 'closed';

/** The node closed the channel. Its client hears of it, unless the reason passes by itself. */
export function closedByNode(
  connection: Connection,
  channel: Channel,
  close: Arguments<'channel.close'>,
): void {
  const { replyCode: code, replyText: text } = close;
  const blamed = methodName(close.classId * 65_536 + close.methodId);
  tellNode(connection, channel, 'channel.close-ok', {});
  connection.upstreamChannels.delete(channel.upstreamId);
  channel.upstreamId = 0;
  const head = channel.requests[0];
  if (isOurs(head) && head?.method.name === 'basic.consume') {
    const consumer = channel.consumers.get(head.method.consumerTag);
    loseChannel(connection, channel, text);
    if (consumer !== undefined) consumerRefused(connection, channel, consumer, code, text);
    reopen(connection, channel);
    return;
  }
  if (
    head?.method.name === 'queue.declare' &&
    code === replyCode.accessRefused &&
    isGeneratedName(head.method.queue)
  ) {
    askServerForName(channel, head);
    loseChannel(connection, channel, text);
    reopen(connection, channel);
    return;
  }
  const since = head === undefined || isOurs(head) ? nowOf(connection) : head.since;
  const isInTime = nowOf(connection) - since < connection.gateway.config.holdMs;
  if (isTransientClose(code, text) && isInTime) {
    loseChannel(connection, channel, text);
    reopen(connection, channel);
    return;
  }
  closeForClient(connection, channel, code, text, blamed);
}

/** Our own name is not permitted to this user: the server gives one, which lasts as long as the connection. */
function askServerForName(channel: Channel, request: Request): void {
  if (request.method.name !== 'queue.declare') return;
  const method = { ...request.method, queue: '' };
  channel.requests[0] = { ...request, method, bytes: encodeMethod(channel.id, 'queue.declare', method) };
}

function reopen(connection: Connection, channel: Channel, ms: Ms = reopenAfterMs(channel)): void {
  if (channel.phase === 'closed') return;
  connection.gateway.counters.channelResets += 1;
  channel.failures += 1;
  const open = (): void => {
    if (channel.phase !== 'closed' && channel.upstreamId === 0 && connection.upstream !== undefined) {
      restoreChannel(connection, channel);
    }
  };
  if (ms === 0) open();
  else connection.after(ms * (0.5 + connection.gateway.runtime.random()), open);
}

function reopenAfterMs({ failures }: Channel): Ms {
  return failures === 0 ? 0 : Math.min(reopenMs.most, reopenMs.first * 2 ** Math.min(failures, 8));
}
