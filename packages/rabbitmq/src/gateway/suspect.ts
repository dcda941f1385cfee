import { frameOverheadBytes } from '../protocol/frame.ts';
import { decodeAs } from '../protocol/decode.ts';
import type { Ms } from '@failover/core';
import type { TopologyLog } from '../session/topology-log.ts';
import { callNode } from './call.ts';
import type { Channel } from './channel.ts';
import { closeForClient } from './close-channel.ts';
import type { Connection } from './connection.ts';
import { isUnknownWhenLost, resetChannel } from './lose-channel.ts';
import { isOurs } from './request.ts';
import { replyCode } from '../protocol/reply-code.ts';

/** ms between two fresh channels that try on behalf of a silent one, and how many may hang at a time. */
const canaryEveryMs = 150;
const maxCanaries = 40;
const maxSilenceMs = 30_000;

/**
 * A channel that owes an answer on a living connection waits for a queue whose leader hangs, and may wait for a minute
 * although a fresh one is served at once. So it is given up and its work issued again. Where its queue is known, a
 * fresh channel asks for that queue first, again and again: nothing goes twice while that is unanswered.
 */
export function lookForSilence(connection: Connection, now: Ms): void {
  const { upstream } = connection;
  // Behind an alarm nothing is confirmed, and what we cannot write cannot be answered.
  if (upstream === undefined || connection.isBlocked || upstream.isBlocked) return;
  for (const channel of connection.channels.values()) {
    if (channel.upstreamId === 0 || channel.phase === 'closed') continue;
    const since = owesSince(channel);
    if (since === undefined || now - since < channel.silenceMs) continue;
    if (isTooOld(connection, channel, now)) continue;
    suspect(connection, channel, now);
  }
}

/** Since when an answer is owed that may be asked for again. */
function owesSince(channel: Channel): Ms | undefined {
  const [head] = channel.requests;
  if (head !== undefined && !isOurs(head) && isUnknownWhenLost(head.method)) return undefined;
  const request = head?.sentAt ?? Infinity;
  const confirm =
    channel.mode.type === 'confirm' && channel.mode.publishes.count > 0 ? channel.progressAt : Infinity;
  const since = Math.min(request, confirm);
  return since === Infinity ? undefined : since;
}

function isTooOld(connection: Connection, channel: Channel, now: Ms): boolean {
  const [head] = channel.requests;
  const { holdMs } = connection.gateway.config;
  if (head === undefined || isOurs(head) || now - head.since < holdMs) return false;
  const text = `INTERNAL_ERROR - failover: ${head.method.name} was not answered within ${holdMs} ms`;
  closeForClient(connection, channel, replyCode.internalError, text, head.method.name);
  return true;
}

function suspect(connection: Connection, channel: Channel, now: Ms): void {
  const queue = queueOf(channel, connection.log);
  if (queue === undefined) {
    again(connection, channel, `no answer within ${channel.silenceMs} ms`);
    return;
  }
  if (now - channel.canaryAt < canaryEveryMs || channel.canaries >= maxCanaries) return;
  channel.canaryAt = now;
  channel.canaries += 1;
  const { upstreamId } = channel;
  const passive = {
    name: 'queue.declare',
    queue,
    passive: true,
    durable: false,
    exclusive: false,
    autoDelete: false,
    nowait: false,
    arguments: {},
  } as const;
  callNode(connection, [passive], connection.gateway.config.silenceMs * 2, (end) => {
    channel.canaries -= 1;
    const isSameSilence = channel.upstreamId === upstreamId && owesSince(channel) !== undefined;
    if (end.type === 'silent' || !isSameSilence) return;
    again(connection, channel, `no answer, while a fresh channel has one`);
  });
}

function again(connection: Connection, channel: Channel, reason: string): void {
  channel.silenceMs = Math.min(maxSilenceMs, channel.silenceMs * 2);
  resetChannel(connection, channel, reason);
}

/** A queue that what is owed hangs on, as far as we can tell. */
function queueOf(channel: Channel, log: TopologyLog): string | undefined {
  const method = channel.requests[0]?.method;
  if (method !== undefined && 'queue' in method && method.queue !== '') return method.queue;
  if (channel.mode.type !== 'confirm') return undefined;
  const message = channel.mode.publishes.oldest();
  if (message === undefined) return undefined;
  const end = message.from + message.bytes.readUInt32BE(message.from + 3) + frameOverheadBytes;
  const { exchange, routingKey } = decodeAs('basic.publish', message.bytes, message.from, end);
  if (exchange === '') return routingKey;
  for (const bind of log.bindings.values()) {
    if (bind.name === 'queue.bind' && bind.exchange === exchange) return bind.queue;
  }
  return undefined;
}
