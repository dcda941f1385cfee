import { describe, expect, it } from 'vitest';
import { joined } from './joined.ts';
import type { Join } from './plan.ts';

const join = (
  kind: Join,
  replies: readonly string[],
  places: readonly (readonly number[])[] = [],
): string => {
  const count = places.reduce((sum, each) => sum + each.length, 0);
  const parts = replies.map((reply, at) => ({ bytes: Buffer.from(reply), places: places[at] ?? [] }));
  return Buffer.from(joined(parts, kind, count)).toString();
};

describe('the answers of several shards', () => {
  it.each<readonly [Join, readonly string[], string]>([
    ['sum', [':2\r\n', ':3\r\n'], ':5\r\n'],
    ['least', [':2\r\n', ':0\r\n', ':3\r\n'], ':0\r\n'],
    ['first', ['+OK\r\n', '+OK\r\n'], '+OK\r\n'],
    ['together', ['*1\r\n$1\r\na\r\n', '*0\r\n', '*1\r\n$1\r\nb\r\n'], '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
  ])('become one by %s', (kind, replies, whole) => {
    expect(join(kind, replies)).toBe(whole);
  });

  it('stand where their keys stood, those that are missing too', () => {
    const replies = ['*2\r\n$1\r\na\r\n$-1\r\n', '*1\r\n$1\r\nb\r\n'];
    expect(join('places', replies, [[2, 0], [1]])).toBe('*3\r\n$-1\r\n$1\r\nb\r\n$1\r\na\r\n');
  });

  it.each<Join>(['sum', 'first', 'together', 'places'])('are an error if one is, by %s', (kind) => {
    expect(join(kind, [':1\r\n', '-ERR no\r\n', '-ERR other\r\n'])).toBe('-ERR no\r\n');
  });

  it('are unknown if one is, whatever the others are', () => {
    expect(join('sum', [':1\r\n', '-TRYAGAIN not executed\r\n', '-OUTCOMEUNKNOWN x\r\n'])).toBe(
      '-OUTCOMEUNKNOWN x\r\n',
    );
  });
});
