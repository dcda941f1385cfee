import type { Ms } from '@failover/core';
import { replyCode } from '../protocol/reply-code.ts';
import type { Channel } from './channel.ts';
import { closeForClient } from './close-channel.ts';
import type { Connection } from './connection.ts';
import { isUnknownWhenLost } from './lose-channel.ts';
import { isOurs } from './request.ts';
import type { Owed } from './spare.ts';
import { owedSince } from './spare.ts';
import { isStirred } from './try-pace.ts';

/** ms; a node that has just given up another one is busy. */
const stirredSilenceMs = 500;

/**
 * What a channel of this connection owes for longer than it may, on a node that is well; undefined if there is nothing.
 * A request is asked for again only if twice is once, or if it is ours.
 */
export function owedTooLong(connection: Connection, now: Ms): Owed | undefined {
  const { upstream } = connection;
  // Behind an alarm nothing is confirmed, what we cannot write cannot be answered, and what we do not read may be there.
  const isExcused = connection.isBlocked || connection.isClientBehind || upstream?.isBlocked === true;
  if (upstream === undefined || isExcused) return undefined;
  for (const channel of connection.channels.values()) {
    if (channel.upstreamId === 0 || channel.phase === 'closed') continue;
    const owed = owedBy(channel);
    if (owed === undefined || now - owedSince(owed) < silenceMs(connection, owed)) continue;
    if (!isTooOld(connection, owed, now)) return owed;
  }
  return undefined;
}

/**
 * Before 4.0 a channel that publishes first between the loss of a leader and the next election is never confirmed anything.
 * Where tries were answered just now this is about to be, so nobody waits for long.
 */
function silenceMs(connection: Connection, owed: Owed): Ms {
  const { silenceMs: usual } = connection.gateway.config;
  const isOfPublisher = owed.type === 'publish' || owed.request.method.name === 'channel.open';
  const isUnproven = owed.channel.unprovenSince !== undefined;
  return isOfPublisher && isUnproven && isStirred(connection) ? Math.min(usual, stirredSilenceMs) : usual;
}

/** From now on it owes what it owes: until now we did not listen. */
export function forgiveSilence(connection: Connection, now: Ms): void {
  for (const channel of connection.channels.values()) {
    channel.progressAt = now;
    for (const request of channel.requests) request.sentAt = now;
  }
}

function owedBy(channel: Channel): Owed | undefined {
  const [request] = channel.requests;
  if (request !== undefined) {
    if (!isOurs(request) && isUnknownWhenLost(request.method)) return undefined;
    return { type: 'request', channel, request };
  }
  if (channel.mode.type !== 'confirm') return undefined;
  const message = channel.mode.publishes.oldest();
  return message === undefined ? undefined : { type: 'publish', channel, message };
}

/** The client gets an answer at last, if only that there is none. */
function isTooOld(connection: Connection, owed: Owed, now: Ms): boolean {
  if (owed.type === 'publish' || isOurs(owed.request) || owed.channel.publishing !== undefined) return false;
  const { holdMs } = connection.gateway.config;
  const { method, since } = owed.request;
  if (now - since < holdMs) return false;
  const text = `INTERNAL_ERROR - failover: ${method.name} was not answered within ${holdMs} ms`;
  closeForClient(connection, owed.channel, replyCode.internalError, text, method.name);
  return true;
}
