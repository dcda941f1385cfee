import type { EndpointId } from '@failover/core';
import { endpoint } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { redirectIn, redirected } from './redirect.ts';

const moved: (readonly [number, string])[] = [];
const slots = {
  shardAt: (server: string) => ({ '10.0.0.1:6379': 'a', '10.0.0.2:6379': 'b' })[server],
  moved: (slot: number, shard: string) => void moved.push([slot, shard]),
  reach: (server: EndpointId) => server,
};
const toldBy = (text: string) => redirected(Buffer.from(`${text}\r\n`), slots, 'a');

describe('a word that a slot is elsewhere', () => {
  it.each([
    ['-MOVED 3999 10.0.0.1:6379', { type: 'moved', slot: 3999, at: '10.0.0.1:6379' }],
    ['-ASK 3999 10.0.0.1:6379', { type: 'ask', slot: 3999, at: '10.0.0.1:6379' }],
    ['-MOVED 1 one.example:7000', { type: 'moved', slot: 1, at: 'one.example:7000' }],
    ['-MOVED 1 fd00::1:7000', { type: 'moved', slot: 1, at: '[fd00::1]:7000' }],
  ])('%s is read', (text, expected) => {
    expect(redirectIn(Buffer.from(`${text}\r\n`))).toEqual(expected);
  });

  it('has no address if the node knows none', () => {
    expect(redirectIn(Buffer.from('-MOVED 1 :7000\r\n'))).toMatchObject({ at: undefined });
  });

  it.each(['-MOVEDX 1 a:1', '-ERR MOVED 1 a:1', '+MOVED 1 a:1', '-MOVED x a:1', '-AUTH failed', '-MOVED 1'])(
    '%s is none',
    (text) => {
      expect(redirectIn(Buffer.from(`${text}\r\n`))).toBeUndefined();
    },
  );

  it('names the shard to a client of another one, and is remembered if it is for good', () => {
    const told = toldBy('-MOVED 5 10.0.0.2:6379');
    expect(told?.type === 'elsewhere' && String(told.reply)).toBe('-MOVED 5 b:6379\r\n');
    const asked = toldBy('-ASK 6 10.0.0.2:6379');
    expect(asked?.type === 'elsewhere' && String(asked.reply)).toBe('-ASK 6 b:6379\r\n');
    expect(moved).toEqual([[5, 'b']]);
  });

  it('is a refusal of a primary that names its successor, or of one whose words nobody understands yet', () => {
    expect(toldBy('-MOVED 5 10.0.0.1:6379')).toMatchObject({
      type: 'refused',
      refusal: { outcome: { type: 'notSent' }, code: 'MOVED', text: 'MOVED 5 10.0.0.1:6379' },
    });
    expect(toldBy(`-MOVED 5 ${endpoint('10.0.0.9:1')}`)).toMatchObject({
      type: 'refused',
      refusal: { outcome: { type: 'refused', isRoleRefusal: false }, code: 'UNKNOWNNODE' },
    });
    expect(toldBy('-ERR no')).toBeUndefined();
  });
});
