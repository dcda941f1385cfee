import type { Lease } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../protocol/encode.ts';
import { createKnownScripts } from './scripts.ts';

const [old, next] = [{} as Lease, {} as Lease];
const frames = (...bodies: readonly string[]): string =>
  bodies.map((body) => encodeCommand(['SCRIPT', 'LOAD', body]).toString()).join('');

describe('known scripts', () => {
  it('[22] are loaded on a server that never saw them, and not on the one that they were sent to', () => {
    const scripts = createKnownScripts();
    scripts.sent(encodeCommand(['EVAL', 'return 1', '0']), old, 0);
    scripts.sent(encodeCommand(['script', 'load', 'return 2']), old, 0);
    scripts.sent(encodeCommand(['SCRIPT', 'EXISTS', 'x']), old, 0);
    expect(scripts.load(old, 1001).replyCount).toBe(0);
    const loaded = scripts.load(next, 1001);
    expect([loaded.bytes.toString(), loaded.replyCount]).toEqual([frames('return 1', 'return 2'), 2]);
  });

  it('are loaded on every connection for a second, since what went over one has perhaps not arrived', () => {
    const scripts = createKnownScripts();
    scripts.sent(encodeCommand(['EVAL', 'return 1', '0']), old, 0);
    expect([5000, 6000, 6001].map((now) => scripts.load(next, now).replyCount)).toEqual([1, 1, 0]);
  });

  it('are loaded again after a server closed its connection: it may have been started again', () => {
    const scripts = createKnownScripts();
    scripts.sent(encodeCommand(['EVAL', 'return 1', '0']), old, 0);
    scripts.forget(old);
    expect(scripts.load(old, 5000).replyCount).toBe(1);
  });

  it('are forgotten with SCRIPT FLUSH', () => {
    const scripts = createKnownScripts();
    scripts.sent(encodeCommand(['EVAL', 'return 1', '0']), old, 0);
    scripts.sent(encodeCommand(['SCRIPT', 'FLUSH']), old, 0);
    expect(scripts.load(next, 0).replyCount).toBe(0);
  });

  it('are at most a thousand, and the longest unused goes first', () => {
    const scripts = createKnownScripts();
    for (let at = 0; at < 1000; at += 1) scripts.sent(encodeCommand(['EVAL', `return ${at}`, '0']), old, 0);
    scripts.sent(encodeCommand(['EVAL', 'return 0', '0']), old, 0);
    scripts.sent(encodeCommand(['EVAL', 'return "new"', '0']), old, 0);
    const loaded = scripts.load(next, 0);
    expect(loaded.replyCount).toBe(1000);
    expect(loaded.bytes.toString()).toContain(frames('return 0'));
    expect(loaded.bytes.toString()).not.toContain(frames('return 1'));
  });
});
