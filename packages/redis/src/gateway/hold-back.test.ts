import { setImmediate as turn } from 'node:timers/promises';
import type { Lease } from '@failover/core';
import { endpoint, targetId } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { duplexPair } from './test-kit/duplex-pair.ts';
import type { Owner } from './upstream.ts';
import { createUpstream } from './upstream.ts';

const lease: Lease = {
  target: targetId('redis', 'primary'),
  server: endpoint('127.0.0.1:7001'),
  epoch: undefined,
  fence: 1,
  fenced: new AbortController().signal,
};

/** A client that counts what it gets. */
function reader() {
  const got = { bytes: 0 };
  const take = (bytes: Buffer): void => void (got.bytes += bytes.length);
  const owner: Owner<undefined> = {
    wantsSingleReplies: false,
    isSubscribed: false,
    replyPart: take,
    replied: take,
    repliedError: take,
    pushed: () => 0,
    asksElsewhere: () => false,
    counted: () => undefined,
    lost: () => undefined,
  };
  return { got, owner };
}

/** One shared connection, with a clock that the test moves. */
function open() {
  const [near, far] = duplexPair();
  const clock = { now: 0 };
  let closed: string | undefined;
  const upstream = createUpstream<undefined>({
    socket: near,
    lease,
    openedAt: 0,
    maxWholeBytes: 100,
    maxMessageBytes: 1000,
    tickNow: () => clock.now,
    atEndOfTick: queueMicrotask,
    onClosed(_, reason) {
      closed = reason;
    },
  });
  far.resume();
  const ask = (owner: Owner<undefined>): void => {
    const bytes = Buffer.from('*1\r\n$1\r\nX\r\n');
    upstream.send(owner, undefined, bytes, 0, bytes.length, 1);
  };
  return { upstream, server: far, clock, ask, closed: () => closed };
}

const part = `$500\r\n${'x'.repeat(300)}`;
const rest = `${'x'.repeat(200)}\r\n`;

describe('a connection that is held back', () => {
  it('is silent only from when it is read again', async () => {
    const { upstream, server, clock, ask } = open();
    const { got, owner } = reader();
    ask(owner);
    server.write(part);
    await turn();
    expect(upstream.holdBack(owner)).toBe(true);
    clock.now = 60_000;
    server.write('x');
    await turn();
    expect(got.bytes).toBe(part.length);
    expect(upstream.oweMs(clock.now)).toBe(0);
    upstream.goOn();
    expect(upstream.oweMs(clock.now)).toBe(0);
    await turn();
    clock.now += 5000;
    expect(upstream.oweMs(clock.now)).toBe(5000);
  });

  it('does not take for the usual time of an answer what its client took', async () => {
    const { upstream, server, clock, ask } = open();
    const { owner } = reader();
    ask(owner);
    ask(owner);
    server.write(part);
    await turn();
    upstream.holdBack(owner);
    clock.now = 60_000;
    upstream.goOn();
    server.write(rest);
    await turn();
    expect(upstream.takeSlowestMs()).toBeUndefined();
  });

  it('is its client’s alone, and closes with the last reply', async () => {
    const { upstream, server, ask, closed } = open();
    const { got, owner } = reader();
    ask(owner);
    ask(owner);
    server.write(part);
    await turn();
    upstream.holdBack(owner);
    expect(upstream).toMatchObject({ isApart: true, isBusy: true });
    upstream.goOn();
    server.write(rest);
    await turn();
    expect(upstream).toMatchObject({ isApart: true, isBusy: true, isOpen: true });
    server.write('+OK\r\n');
    await turn();
    expect(closed()).toBe('its slow client has all its replies');
    expect(got.bytes).toBe(part.length + rest.length + 5);
  });

  it('cannot be while others wait behind it, or when nothing comes', async () => {
    const { upstream, server, ask } = open();
    const [slow, other] = [reader(), reader()];
    expect(upstream.holdBack(slow.owner)).toBe(false);
    ask(slow.owner);
    ask(other.owner);
    server.write(part);
    await turn();
    expect(upstream.holdBack(slow.owner)).toBe(false);
    server.write(`${rest}+OK\r\n`);
    await turn();
    expect(other.got.bytes).toBe(5);
    expect(upstream).toMatchObject({ isApart: false, isBusy: false, isOpen: true });
  });
});
