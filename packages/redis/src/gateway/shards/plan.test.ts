import { describe, expect, it } from 'vitest';
import { createCommandTable } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { firstKeyIn, isOfFirstKey } from './first-key.ts';
import { planOf } from './plan.ts';
import { unitOf } from './unit.ts';

const table = createCommandTable();
const traitsOf = (words: readonly string[]) =>
  table.traitsOf(
    table.indexOf(Buffer.from(words[0] ?? ''), 0, (words[0] ?? '').length),
    () => words[1] ?? '',
  );
const plan = (text: string) => {
  const words = text.split(' ');
  return planOf(
    traitsOf(words),
    words.map((word) => Buffer.from(word)),
  );
};
const slotOf = (key: string): number => keySlot(Buffer.from(key));

describe('the plan of a command', () => {
  it.each([
    ['GET foo', { type: 'shard', slot: slotOf('foo') }],
    ['MSET foo 1 {foo}2 2', { type: 'shard', slot: slotOf('foo') }],
    ['EVAL x 1 foo', { type: 'shard', slot: slotOf('foo') }],
    ['EVAL x 0', { type: 'any' }],
    ['XREAD STREAMS foo 0', { type: 'shard', slot: slotOf('foo') }],
    ['SPUBLISH foo x', { type: 'shard', slot: slotOf('foo') }],
    ['OBJECT ENCODING foo', { type: 'shard', slot: slotOf('foo') }],
    ['MODULE.GET foo', { type: 'shard', slot: slotOf('foo') }],
    ['PING', { type: 'any' }],
    ['PUBLISH foo x', { type: 'shard', slot: 12182 }],
    ['DBSIZE', { type: 'all', join: 'sum' }],
    ['WAIT 1 0', { type: 'all', join: 'least' }],
    ['KEYS *', { type: 'all', join: 'together' }],
    ['SCRIPT LOAD x', { type: 'all', join: 'first' }],
    ['SCAN 0', { type: 'scan' }],
    ['HSCAN foo 0', { type: 'shard', slot: slotOf('foo') }],
    ['CLUSTER SLOTS', { type: 'cluster' }],
    ['MULTI', { type: 'transaction' }],
    ['SUBSCRIBE foo', { type: 'subscription' }],
    ['AUTH x', { type: 'everyLane' }],
    ['CLIENT TRACKING ON', { type: 'everyLane' }],
  ])('of %s is %j', (text, expected) => {
    expect(plan(text)).toEqual(expected);
  });

  it.each(['MONITOR', 'READONLY', 'ASKING', 'MSET foo 1 bar 2', 'SUNION foo bar'])(
    'of %s is an answer of ours',
    (text) => {
      expect(plan(text).type).toBe('answer');
    },
  );

  it('splits by slot, with all keys of a slot together and each in its place', () => {
    expect(plan('MGET foo bar {foo}2')).toEqual({
      type: 'split',
      join: 'places',
      places: 3,
      parts: [
        { slot: slotOf('foo'), places: [0, 2], bytes: encodeCommand(['MGET', 'foo', '{foo}2']) },
        { slot: slotOf('bar'), places: [1], bytes: encodeCommand(['MGET', 'bar']) },
      ],
    });
  });
});

describe('the first key of a command', () => {
  it.each(['GET foo', 'SET k v', 'HSET {tag}x f v', 'GET', 'INCR', 'GET k extra'])(
    'is found in the bytes of %s as in its words',
    (text) => {
      const words = text.split(' ');
      expect(isOfFirstKey(traitsOf(words))).toBe(true);
      expect(unitOf(encodeCommand(words), traitsOf(words), 0).plan).toEqual(plan(text));
    },
  );

  it('may be empty, or bytes that are no text', () => {
    expect(firstKeyIn(encodeCommand(['GET', '']))).toEqual({ from: 17, to: 17 });
    const key = Buffer.from([13, 10, 0, 255]);
    const bytes = encodeCommand(['GET', key]);
    const found = firstKeyIn(bytes);
    expect(bytes.subarray(found?.from, found?.to)).toEqual(key);
  });

  it('is not all there is to know of others', () => {
    for (const name of ['MGET', 'MSET', 'EVAL', 'BLPOP', 'RENAME', 'SCAN', 'PING'])
      expect(isOfFirstKey(traitsOf([name]))).toBe(false);
  });
});
