import { describe, expect, it } from 'vitest';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod, methodFrame } from '../protocol/encode.ts';
import { channelAt, frameEndAt } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { consume } from '../testing/embedded/test-kit/speak.ts';
import { createChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Owed } from './spare.ts';
import { createSpare, hearOn, isWornOut, tryOn } from './spare.ts';
import type { Upstream } from './upstream.ts';

/** A connection to a node that keeps what it is sent. */
function recorded() {
  const sent: { readonly channel: number; readonly name: Method['name'] }[] = [];
  const methods: Method[] = [];
  const upstream = {
    tuned: { frameMax: 131_072, channelMax: 2047, heartbeatS: 0 },
    append(bytes: Buffer, from: number, to: number) {
      for (let at = from; at < to; at = frameEndAt(bytes, at)) {
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

const nobody = {} as Connection;

function hears(spare: ReturnType<typeof recorded>['spare'], channel: number, name: Method['name']): boolean {
  const bytes = encodeMethod(channel, name, {} as never);
  return hearOn(nobody, spare, bytes, 0, bytes.length);
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
});
