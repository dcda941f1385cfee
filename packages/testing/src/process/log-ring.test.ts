import { describe, expect, it } from 'vitest';
import { createLogRing } from './log-ring.ts';

describe('log ring', () => {
  it('joins lines that arrive in pieces', () => {
    const log = createLogRing(1_000);
    log.write(Buffer.from('rea'));
    log.write(Buffer.from('dy\r\nsec'));
    log.write(Buffer.from('ond\n'));
    expect(log.lines()).toEqual(['ready', 'second']);
  });

  it('keeps a last line that has no end', () => {
    const log = createLogRing(1_000);
    log.write(Buffer.from('panic: out of'));
    expect(log.lines()).toEqual([]);
    log.end();
    log.end();
    expect(log.lines()).toEqual(['panic: out of']);
  });

  it('drops the oldest lines and counts them', () => {
    const log = createLogRing(10);
    log.write(Buffer.from('one\ntwo\nthree\nfour\n'));
    expect(log.lines()).toEqual(['three', 'four']);
    expect(log.droppedLines).toBe(2);
    expect(log.heldBytes).toBe(9);
  });

  it('cuts a line that never ends', () => {
    const log = createLogRing(1_000_000);
    for (let i = 0; i < 100; i += 1) log.write(Buffer.alloc(1_024, 'x'));
    log.write(Buffer.from('\nnext\n'));
    expect(log.lines().map((line) => line.length)).toEqual([8_192, 4]);
  });

  it('tells listeners of each line until they leave', () => {
    const log = createLogRing(100);
    const seen: string[] = [];
    const leave = log.onLine((line) => seen.push(line));
    log.write(Buffer.from('a\nb\n'));
    leave();
    log.write(Buffer.from('c\n'));
    expect(seen).toEqual(['a', 'b']);
  });
});
