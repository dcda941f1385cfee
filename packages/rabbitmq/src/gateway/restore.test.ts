import { describe, expect, it } from 'vitest';
import { rabbitConfig } from '../config.ts';
import { encodeMethod } from '../protocol/encode.ts';
import { frame, frameEndAt, frameType } from '../protocol/frame.ts';
import { decodeProperties, encodeProperties } from '../protocol/properties.ts';
import { emptyLog } from '../session/topology-log.ts';
import type { Channel } from './channel.ts';
import { createChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Message } from './message.ts';
import { appendFrame, beginMessage, resentHeader } from './message.ts';
import { createPublishes } from './publishes.ts';
import { finishRestore, resend } from './restore.ts';

function messageOf(seq: number, resent: Message['resent']): Message {
  const publish = { exchange: '', routingKey: String(seq), mandatory: false, immediate: false };
  const method = encodeMethod(1, 'basic.publish', publish);
  const header = frame(frameType.header, 1, encodeProperties({ messageId: String(seq) }, 0));
  const message = beginMessage(method, 0, method.length, seq);
  appendFrame(message, header, 0, header.length);
  message.resent = resent;
  return message;
}

/** A confirm channel that has so many messages to send, of which the first ones go again. */
function restoring(count: number, again: number) {
  const sent: { readonly id: string | undefined; readonly isMarked: boolean }[] = [];
  const upstream = {
    tuned: { frameMax: 131_072, channelMax: 2047, heartbeatS: 0 },
    append(bytes: Buffer, from: number, to: number) {
      for (let at = from; at < to; at = frameEndAt(bytes, at)) {
        if (bytes[at] !== frameType.header) continue;
        const { properties } = decodeProperties(bytes, at + 7, frameEndAt(bytes, at) - 1);
        sent.push({ id: properties.messageId, isMarked: properties.headers?.[resentHeader] !== undefined });
      }
    },
  };
  const publishes = createPublishes();
  const channel: Channel = {
    ...createChannel(1, 0),
    phase: 'open',
    upstreamId: 1,
    mode: { type: 'confirm', publishes },
    unsent: Array.from({ length: count }, (_, at) => messageOf(at + 1, at < again ? 'due' : 'no')),
  };
  const connection = {
    upstream,
    channels: new Map([[1, channel]]),
    upstreamChannels: new Map(),
    unconfirmedBytes: 0,
    log: emptyLog,
    gateway: { config: rabbitConfig.parse({ servers: ['a'] }), runtime: { now: () => 0, random: () => 0.5 } },
  } as unknown as Connection;
  return { sent, publishes, channel, connection };
}

describe('what a loss left open', () => {
  it('goes again a few at a time, in order and once each, and only then what the client sends meanwhile', () => {
    const { sent, publishes, channel, connection } = restoring(1000, 900);
    finishRestore(connection, channel);
    let most = 0;
    for (let confirmed = 0; confirmed < 1000; confirmed += 1) {
      expect(channel.gate).toBe(sent.length < 1000 ? 'resending' : 'open');
      most = Math.max(most, publishes.count);
      publishes.confirmed(confirmed + 1, false);
      resend(connection, channel);
    }
    expect(most).toBe(256);
    expect(sent.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
    expect(sent.filter(({ isMarked }) => isMarked)).toHaveLength(900);
  });

  it('goes at once on a channel without confirms: there is nothing to wait for', () => {
    const { sent, channel, connection } = restoring(1000, 0);
    channel.mode = { type: 'plain' };
    finishRestore(connection, channel);
    expect(sent).toHaveLength(1000);
    expect(channel.gate).toBe('open');
  });

  it('goes alone where another one was nacked, until one is confirmed', () => {
    const { sent, publishes, channel, connection } = restoring(1000, 1000);
    channel.rejections = 1;
    finishRestore(connection, channel);
    resend(connection, channel);
    expect(sent).toHaveLength(1);
    publishes.confirmed(1, false);
    channel.rejections = 0;
    resend(connection, channel);
    expect(sent).toHaveLength(257);
  });
});
