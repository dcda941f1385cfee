import { describe, expect, it } from 'vitest';
import { keysOf } from './keys-of.ts';
import { createCommandTable } from './table.ts';

const table = createCommandTable();

function keysIn(...words: readonly string[]): readonly string[] {
  const [name = '', second = ''] = words;
  const traits = table.traitsOf(table.indexOf(Buffer.from(name), 0, name.length), () => second);
  return keysOf(
    traits,
    words.map((word) => Buffer.from(word)),
  ).map((key) => key.toString());
}

describe('the keys of a command', () => {
  it.each([
    ['SET k v', 'k'],
    ['get k', 'k'],
    ['MGET a b c', 'a b c'],
    ['MSET a 1 b 2', 'a b'],
    ['EVAL script 2 a b arg', 'a b'],
    ['EVAL script 0 arg', ''],
    ['XREAD COUNT 2 STREAMS a b 0 0', 'a b'],
    ['xread block 0 streams a $', 'a'],
    ['XREADGROUP GROUP g c NOACK STREAMS a b > >', 'a b'],
    ['XREADGROUP GROUP streams c STREAMS a >', 'a'],
    ['ZUNIONSTORE to 2 a b WEIGHTS 1 2', 'to a b'],
    ['GEORADIUS k 1 2 3 m STORE to', 'k to'],
    ['GEORADIUS k 1 2 3 m', 'k'],
    ['BITOP NOT to a', 'to a'],
    ['BLPOP a b 0', 'a b'],
    ['OBJECT ENCODING k', 'k'],
    ['MEMORY USAGE k', 'k'],
    ['MIGRATE host 6379 k 0 100 COPY', 'k'],
    ['SPUBLISH channel text', 'channel'],
    ['PING', ''],
    ['PUBLISH channel text', ''],
  ])('of %s are: %s', (command, keys) => {
    expect(keysIn(...command.split(' ')).join(' ')).toBe(keys);
  });

  it('of MIGRATE are those behind KEYS, not the empty one in their place', () => {
    expect(keysIn('MIGRATE', 'host', '6379', '', '0', '100', 'KEYS', 'a', 'b')).toEqual(['a', 'b']);
  });

  it('of SORT is the first one alone: whether it stores elsewhere its server says', () => {
    expect(keysIn('SORT', 'a', 'BY', 'w_*', 'STORE', 'b')).toEqual(['a']);
  });

  it('of a command that nobody knows is the word behind its name', () => {
    expect(keysIn('JSON.SET', 'k', '$', '1')).toEqual(['k']);
    expect(keysIn('MODULE.PING')).toEqual([]);
  });

  it.each([
    'SET',
    'MGET',
    'EVAL script',
    'EVAL script x a',
    'EVAL script -1 a',
    'EVAL script 5 a',
    'XREAD COUNT 1',
    'BITOP AND',
  ])('of %s, which no server would take, are no more than there are words', (command) => {
    expect(keysIn(...command.split(' ')).length).toBeLessThanOrEqual(1);
  });
});
