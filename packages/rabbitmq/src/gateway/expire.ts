import type { Ms } from '@failover/core';
import { bodySizeAt } from '../protocol/content.ts';
import { frameOverheadBytes, frameType, methodIdAt } from '../protocol/frame.ts';
import { methodId } from '../protocol/methods.ts';
import type { Channel, HeldFrame } from './channel.ts';
import type { Connection, NotConfirmed } from './connection.ts';
import { tellClient } from './frames.ts';
import type { Message } from './message.ts';

const publishId = methodId('basic.publish');

/**
 * No node could be used for too long. In process the callers of publishes that wait are told now; through a gateway
 * they wait on, since a nack could not say why. What else waits goes on waiting.
 */
export function expirePublishes(connection: Connection, now: Ms, downSince: Ms): void {
  const { holdMs } = connection.gateway.config;
  for (const channel of connection.channels.values()) {
    if (channel.mode.type !== 'confirm' || channel.gate !== 'restoring') continue;
    if (now - downSince >= holdMs) {
      for (const message of channel.unsent.splice(0))
        reject(connection, channel, message.seq, whyOf(message, holdMs));
    }
    if (channel.publishing === undefined) expireHeld(connection, channel, now - holdMs);
  }
}

function whyOf(message: Message, holdMs: number): NotConfirmed {
  return message.resent !== 'no'
    ? { type: 'unknown', server: undefined }
    : { type: 'notSent', reason: `no node could be used for ${holdMs} ms` };
}

/** Whole messages from the front, as long as nothing else stands before them. */
function expireHeld(connection: Connection, channel: Channel, before: Ms): void {
  const { held } = channel;
  let kept = 0;
  for (;;) {
    const end = messageEnd(held, kept);
    if (end === undefined || (held[kept] as HeldFrame).since > before) break;
    kept = end;
    channel.lastSeq += 1;
    const reason = `no node could be used for ${connection.gateway.config.holdMs} ms`;
    reject(connection, channel, channel.lastSeq, { type: 'notSent', reason });
  }
  if (kept === 0) return;
  const bytes = held.splice(0, kept).reduce((sum, { from, to }) => sum + to - from, 0);
  channel.heldBytes -= bytes;
  connection.heldBytes -= bytes;
  connection.onHeld();
}

/** Where the message that begins at `at` ends; undefined if there is none, or not all of it. */
function messageEnd(held: readonly HeldFrame[], at: number): number | undefined {
  const [method, header] = [held[at], held[at + 1]];
  if (method === undefined || header === undefined) return undefined;
  if (method.bytes[method.from] !== frameType.method) return undefined;
  if (methodIdAt(method.bytes, method.from) !== publishId) return undefined;
  let left = bodySizeAt(header.bytes, header.from, header.to);
  let next = at + 2;
  for (; left > 0; next += 1) {
    const body = held[next];
    if (body === undefined) return undefined;
    left -= body.to - body.from - frameOverheadBytes;
  }
  return next;
}

function reject(connection: Connection, channel: Channel, seq: number, why: NotConfirmed): void {
  connection.ear?.onNotConfirmed(channel.id, [seq], why);
  if (why.type === 'unknown') connection.gateway.counters.unknown += 1;
  tellClient(connection, channel.id, 'basic.nack', { deliveryTag: seq, multiple: false, requeue: false });
}
