import type { Ms } from '@failover/core';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod, methodFrame } from '../protocol/encode.ts';
import { channelAt, frameType, setChannelAt } from '../protocol/frame.ts';
import { highestChannel } from '../protocol/login.ts';
import type { Method } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { consumerLike } from '../session/consumer.ts';
import type { Channel, Request } from './channel.ts';
import type { Connection } from './connection.ts';
import { isNodeAway, nowOf } from './connection.ts';
import { closing, tellClient } from './frames.ts';
import { copyMarked, eachPiece, moveMessage } from './message.ts';
import type { Message } from './message.ts';
import { isPrompt, pauseMs } from './try-pace.ts';
import type { Upstream } from './upstream.ts';

/**
 * A second connection to a node for a client whose first is silent. A channel that waits for a leader that hangs may
 * wait for a minute although a new one is served at once, and it may stop its whole connection. So the oldest thing
 * that is owed is tried here, each time on a new channel. When one try is answered, this connection takes the place of
 * the first.
 */
export interface Spare {
  readonly upstream: Upstream;
  /** Counts down from the top: a client numbers its channels from below. */
  lastChannel: number;
  triedAt: Ms;
  /** Channels that are not closed on both sides. */
  readonly taken: Set<number>;
  /** Tries without an answer, by their channel. */
  readonly tries: Map<number, Try>;
}

interface Try {
  readonly since: Ms;
  readonly owed: Owed;
}

/** What a silent channel waits for. */
export type Owed =
  | { readonly type: 'publish'; readonly channel: Channel; readonly message: Message }
  | { readonly type: 'request'; readonly channel: Channel; readonly request: Request };

/** ms between two tries of one client, and so much more for each client beside it. */
const everyMs = 40;
const crowdMs = 2;
/** The same of what writes the cluster's metadata, which a node that hangs stops everywhere, and of what takes messages. */
const seldomEveryMs = 1000;
/** ms after which a try is given up, and how many may be open at a time. */
const giveUpMs = 800;
const maxTries = 20;
/** The same of consumers, which are not given up: the node serves them all one day, and 20 returns drop a message. */
const maxConsumes = 16;
/** Numbers of channels that one connection may use up. */
const maxTaken = 500;

export function createSpare(upstream: Upstream): Spare {
  return { upstream, lastChannel: 0, triedAt: -Infinity, tries: new Map(), taken: new Set() };
}

/** One more try. */
export function tryOn(spare: Spare, owed: Owed, now: Ms): void {
  giveUpOld(spare, now);
  if (spare.tries.size >= (isConsume(owed) ? maxConsumes : maxTries) || isWornOut(spare)) return;
  const id = nextChannel(spare);
  spare.triedAt = now;
  spare.taken.add(id);
  spare.tries.set(id, { since: now, owed });
  send(spare, encodeMethod(id, 'channel.open', {}));
  if (owed.type === 'publish') {
    send(spare, encodeMethod(id, 'confirm.select', { nowait: false }));
    const copy = copyMarked(owed.message);
    moveMessage(copy, id);
    eachPiece(copy, (bytes, from, to) => {
      spare.upstream.append(bytes, from, to);
    });
  } else if (owed.request.method.name === 'basic.consume') {
    for (const method of consumerLike(owed.request.method)) send(spare, methodFrame(id, method));
  } else if (!isOpening(owed)) {
    const bytes = Buffer.from(owed.request.bytes);
    setChannelAt(bytes, 0, id);
    send(spare, bytes);
  }
}

function giveUpOld(spare: Spare, now: Ms): void {
  for (const [id, { since, owed }] of spare.tries) {
    if (now - since < giveUpMs) break;
    if (!isConsume(owed)) giveUp(spare, id);
  }
}

function isConsume(owed: Owed): boolean {
  return owed.type === 'request' && owed.request.method.name === 'basic.consume';
}

/** What is owed may be that the channel opens: each try begins with that. */
function isOpening(owed: Owed): boolean {
  return owed.type === 'request' && owed.request.method.name === 'channel.open';
}

/** A channel that was given up keeps its number until the node closes it, which may take a minute. */
export function isWornOut({ taken }: Spare): boolean {
  return taken.size >= maxTaken;
}

/** It only comes before the answer. */
function isPreparation(name: Method['name'], owed: Owed): boolean {
  switch (name) {
    case 'channel.open-ok':
      return !isOpening(owed);
    case 'confirm.select-ok':
      return owed.type === 'publish';
    case 'basic.qos-ok':
      return isConsume(owed);
    default:
      return name === 'basic.return';
  }
}

/** ms from one try to the next that may be due, for one of `crowd` clients. */
export function nextTryMs(crowd: number): number {
  return everyMs + crowd * crowdMs;
}

/** Is it time for another try of this? */
export function isDue(connection: Connection, { triedAt }: Spare, owed: Owed): boolean {
  const isSeldom =
    owed.type === 'request' && /^(?:queue\.|exchange\.|basic\.consume$)/.test(owed.request.method.name);
  const ms = Math.max(pauseMs(connection, owedSince(owed)), isSeldom ? seldomEveryMs : 0);
  return nowOf(connection) - triedAt >= ms;
}

export function owedSince(owed: Owed): Ms {
  return owed.type === 'request' ? owed.request.sentAt : owed.channel.progressAt;
}

/** A frame on the spare connection. True if a try was answered: it works here. */
export function hearOn(
  connection: Connection,
  spare: Spare,
  bytes: Buffer,
  from: number,
  to: number,
): boolean {
  const id = channelAt(bytes, from);
  const tried = spare.tries.get(id);
  if (bytes[from] !== frameType.method) return false;
  const { name } = decodeMethod(bytes, from, to);
  if (name === 'channel.close-ok') spare.taken.delete(id);
  if (tried === undefined) {
    if (name === 'basic.ack' || name === 'basic.nack') connection.stirredAt = nowOf(connection);
    return false;
  }
  if (isPreparation(name, tried.owed)) return false;
  connection.stirredAt = nowOf(connection);
  if (name === 'channel.close') spare.taken.delete(id);
  // What this channel was opened for ends with it: all is set up anew on the whole connection.
  send(
    spare,
    encodeMethod(
      id,
      name === 'channel.close' ? 'channel.close-ok' : 'channel.close',
      closing(replyCode.success, 'done'),
    ),
  );
  const { owed } = tried;
  spare.tries.delete(id);
  // Before 4.0 what waited for a node that was given up is nacked, and only then another leader is elected.
  if (name === 'basic.nack' && mayPass(connection, owed)) return false;
  if (name === 'basic.consume-ok' && !isPrompt(connection, tried.since)) return false;
  if (owed.type === 'publish' && name === 'basic.ack') settle(connection, owed);
  for (const other of [...spare.tries.keys()]) giveUp(spare, other);
  return true;
}

function mayPass(connection: Connection, owed: Owed): boolean {
  return isNodeAway(connection) && nowOf(connection) - owedSince(owed) < connection.gateway.config.holdMs;
}

/** The try was the message itself: it is there, and does not go again. */
function settle(
  connection: Connection,
  { channel, message }: Extract<Owed, { readonly type: 'publish' }>,
): void {
  if (channel.mode.type !== 'confirm') return;
  const { publishes } = channel.mode;
  const before = publishes.bytes;
  if (!publishes.settled(message)) return;
  connection.unconfirmedBytes -= before - publishes.bytes;
  connection.gateway.counters.resent += 1;
  connection.gateway.counters.confirmed += 1;
  tellClient(connection, channel.id, 'basic.ack', { deliveryTag: message.seq, multiple: false });
}

/** What waits in it is done one day all the same: a message that says itself that it may be there twice. */
function giveUp(spare: Spare, id: number): void {
  send(spare, encodeMethod(id, 'channel.close', closing(replyCode.success, 'given up')));
  spare.tries.delete(id);
}

function nextChannel(spare: Spare): number {
  const highest = highestChannel(spare.upstream.tuned);
  let id = spare.lastChannel;
  do id = id <= 1 ? highest : id - 1;
  while (spare.taken.has(id));
  spare.lastChannel = id;
  return id;
}

function send({ upstream }: Spare, bytes: Buffer): void {
  upstream.append(bytes, 0, bytes.length);
}
