import { describe, expect, it } from 'vitest';
import { answerPart, turnOf, turnOfOne } from './turn.ts';

describe('the answers of several shards', () => {
  it('are one answer when all are there, in whatever order they come', () => {
    const turn = turnOf({ join: 'sum', parts: [[], []] });
    answerPart(turn, 1, Buffer.from(':1\r\n'));
    expect(turn.reply).toBeUndefined();
    // The same part again counts for nothing.
    answerPart(turn, 1, Buffer.from(':9\r\n'));
    expect(turn.reply).toBeUndefined();
    answerPart(turn, 0, Buffer.from(':2\r\n'));
    expect(String(turn.reply)).toBe(':3\r\n');
  });

  it('have their items where the client asked for them', () => {
    const turn = turnOf({ join: 'places', parts: [[1], [0, 2]] });
    answerPart(turn, 0, Buffer.from('*1\r\n:1\r\n'));
    answerPart(turn, 1, Buffer.from('*2\r\n:0\r\n:2\r\n'));
    expect(String(turn.reply)).toBe('*3\r\n:0\r\n:1\r\n:2\r\n');
  });
});

describe('the answer of one shard', () => {
  it('is looked at before the client sees it', () => {
    const turn = turnOfOne((reply) => Buffer.concat([reply, Buffer.from('!')]));
    answerPart(turn, 0, Buffer.from('+OK'));
    expect(String(turn.reply)).toBe('+OK!');
  });
});
