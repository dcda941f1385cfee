import { describe, expect, it } from 'vitest';
import { joined } from './joined.ts';
import { answerPart, turnOf } from './owed.ts';
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

  it('are one answer when all are there, in whatever order they come', () => {
    const turn = turnOf(2, 'sum');
    answerPart(turn, 1, Buffer.from(':1\r\n'));
    expect(turn.reply).toBeUndefined();
    // The same part again counts for nothing.
    answerPart(turn, 1, Buffer.from(':9\r\n'));
    expect(turn.reply).toBeUndefined();
    answerPart(turn, 0, Buffer.from(':2\r\n'));
    expect(String(turn.reply)).toBe(':3\r\n');
  });

  it('are looked at before the client sees them', () => {
    const turn = turnOf(1, 'first', [], (reply) => Buffer.concat([reply, Buffer.from('!')]));
    answerPart(turn, 0, Buffer.from('+OK'));
    expect(String(turn.reply)).toBe('+OK!');
  });
});
