import { describe, expect, it } from 'vitest';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod, methodFrame } from '../protocol/encode.ts';
import { channelAt, frame, frameEndAt, frameType } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { encodeProperties } from '../protocol/properties.ts';
import { consume } from '../testing/embedded/test-kit/speak.ts';
import { createChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { zeroCounters } from './counters.ts';
import { beginMessage } from './message.ts';
import type { Owed } from './spare.ts';
import { createSpare, hearOn, isDue, isWornOut, tryOn } from './spare.ts';
import type { Upstream } from './upstream.ts';

/** A connection to a node that keeps what it is sent. */
function recorded() {
  const sent: { readonly channel: number; readonly name: Method['name'] }[] = [];
  const methods: Method[] = [];
  const upstream = {
    tuned: { frameMax: 131_072, channelMax: 2047, heartbeatS: 0 },
    append(bytes: Buffer, from: number, to: number) {
      for (let at = from; at < to; at = frameEndAt(bytes, at)) {
        if (bytes[at] !== frameType.method) continue;
        const method = decodeMethod(bytes, at, frameEndAt(bytes, at));
        methods.push(method);
        sent.push({ channel: channelAt(bytes, at), name: method.name });
      }
    },
  };
  return { sent, methods, spare: createSpare(upstream as unknown as Upstream) };
}

function owing(name: 'channel.open' | 'confirm.select'): Owed {
  return owingOf(name === 'channel.open' ? { name } : { name, nowait: false });
}

function owingOf(method: Method): Owed {
  const bytes = methodFrame(1, method);
  const request = { method, bytes, since: 0, sentAt: 0, onReply: () => undefined };
  return { type: 'request', channel: createChannel(1, 0), request };
}

/** A client of a cluster of which a node is well or away, at this time. */
function connectionAt(now: number, availability: 'up' | 'down' = 'up'): Connection {
  const servers = new Map([['a', { kind: 'data', availability }]]);
  const gateway = {
    runtime: { now: () => now },
    config: { holdMs: 60_000 },
    cluster: { topology: { servers } },
    counters: zeroCounters(),
  };
  return { gateway, stirredAt: -Infinity } as unknown as Connection;
}

const nobody = connectionAt(0);

function hears(
  spare: ReturnType<typeof recorded>['spare'],
  channel: number,
  name: Method['name'],
  connection = nobody,
): boolean {
  const bytes = encodeMethod(channel, name, {} as never);
  return hearOn(connection, spare, bytes, 0, bytes.length);
}

/** A message that a confirm channel has sent and nobody confirmed, since 0. */
function owingPublish(): Owed {
  const bytes = Buffer.concat([
    encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'q', mandatory: false, immediate: false }),
    frame(frameType.header, 1, encodeProperties({}, 0)),
  ]);
  const message = beginMessage(bytes, 0, bytes.length, 1);
  return { type: 'publish', channel: createChannel(1, 0), message };
}

describe('a try on a second connection', () => {
  it('opens its channel once, also if that is what is owed, and is answered by that', () => {
    const { sent, spare } = recorded();
    tryOn(spare, owing('channel.open'), 0);
    expect(sent).toEqual([{ channel: 2047, name: 'channel.open' }]);
    expect(hears(spare, 2047, 'channel.open-ok')).toBe(true);
  });

  it('of anything else is answered by its own answer', () => {
    const { sent, spare } = recorded();
    tryOn(spare, owing('confirm.select'), 0);
    expect(sent.map(({ name }) => name)).toEqual(['channel.open', 'confirm.select']);
    expect(hears(spare, 2047, 'channel.open-ok')).toBe(false);
    expect(hears(spare, 2047, 'confirm.select-ok')).toBe(true);
  });

  it('of a consumer loses no message and keeps none from others, whatever the client asked for', () => {
    const { methods, spare } = recorded();
    tryOn(spare, owingOf({ name: 'basic.consume', ...consume('q', 'c', { noAck: true }) }), 0);
    expect(methods).toMatchObject([
      { name: 'channel.open' },
      { name: 'basic.qos', prefetchCount: 1, global: false },
      { name: 'basic.consume', queue: 'q', noAck: false },
    ]);
    expect(hears(spare, 2047, 'channel.open-ok')).toBe(false);
    expect(hears(spare, 2047, 'basic.qos-ok')).toBe(false);
    const ok = encodeMethod(2047, 'basic.consume-ok', { consumerTag: 'c' });
    expect(hearOn(nobody, spare, ok, 0, ok.length)).toBe(true);
  });

  it('takes no channel of a connection that has few left', () => {
    const { sent, spare } = recorded();
    for (let at = 0; at < 2000; at += 1) tryOn(spare, owing('channel.open'), at * 1000);
    expect(isWornOut(spare)).toBe(true);
    expect(sent.filter(({ name }) => name === 'channel.open')).toHaveLength(500);
  });

  it('of a message that is nacked while a node is away says nothing yet: others may be confirmed soon', () => {
    const { sent, spare } = recorded();
    tryOn(spare, owingPublish(), 0);
    tryOn(spare, owingPublish(), 40);
    const away = connectionAt(50_000, 'down');
    expect(hears(spare, 2047, 'basic.nack', away)).toBe(false);
    expect(sent.at(-1)).toEqual({ channel: 2047, name: 'channel.close' });
    expect(away.stirredAt).toBe(50_000);
    expect(hears(spare, 2046, 'basic.ack', away)).toBe(true);
  });

  it.each([
    ['all nodes are well', connectionAt(50_000, 'up')],
    ['it has been owed for holdMs', connectionAt(60_000, 'down')],
  ])('of a message that is nacked is answered when %s: the queue refuses it', (_when, connection) => {
    const { spare } = recorded();
    tryOn(spare, owingPublish(), 0);
    expect(hears(spare, 2047, 'basic.nack', connection)).toBe(true);
  });

  it('comes often at first, then each second, and often again for a while once any is answered, also one that was given up', () => {
    const { spare } = recorded();
    const owed = owingPublish();
    tryOn(spare, owed, 11_000);
    expect(isDue(connectionAt(11_040), spare, owed)).toBe(true);
    tryOn(spare, owed, 13_000);
    const waiting = connectionAt(13_900, 'down');
    expect(isDue(waiting, spare, owed)).toBe(false);
    expect(isDue(connectionAt(14_000, 'down'), spare, owed)).toBe(true);
    expect(hears(spare, 2047, 'basic.nack', waiting)).toBe(false);
    expect(isDue(waiting, spare, owed)).toBe(true);
    const settling = connectionAt(19_000, 'down');
    settling.stirredAt = waiting.stirredAt;
    tryOn(spare, owed, 18_900);
    expect(isDue(settling, spare, owed)).toBe(false);
    tryOn(spare, owed, 18_800);
    expect(isDue(settling, spare, owed)).toBe(true);
  });

  it('of a consumer that is registered a minute later only shows that something stirs: another would wait as long', () => {
    const { spare } = recorded();
    const asked = owingOf({ name: 'basic.consume', ...consume('q', 'c') });
    tryOn(spare, asked, 0);
    tryOn(spare, asked, 60_000);
    const late = connectionAt(65_000);
    expect(hears(spare, 2047, 'basic.consume-ok', late)).toBe(false);
    expect(late.stirredAt).toBe(65_000);
    expect(hears(spare, 2046, 'basic.consume-ok', late)).toBe(true);
  });

  it('of a consumer that is refused a minute later is answered', () => {
    const { spare } = recorded();
    tryOn(spare, owingOf({ name: 'basic.consume', ...consume('q', 'c') }), 0);
    expect(hears(spare, 2047, 'channel.close', connectionAt(65_000))).toBe(true);
  });

  it('of a consumer is not kept from its turn by older tries of something else, and is not given up itself', () => {
    const { sent, spare } = recorded();
    for (let at = 0; at < 20; at += 1) tryOn(spare, owingPublish(), at);
    const asked = owingOf({ name: 'basic.consume', ...consume('q', 'c') });
    for (let at = 1; at <= 30; at += 1) tryOn(spare, asked, at * 1000);
    expect(sent.filter(({ name }) => name === 'basic.consume')).toHaveLength(16);
    expect(sent.filter(({ name }) => name === 'channel.close')).toHaveLength(20);
  });
});
