import { describe, expect, it } from 'vitest';
import { bulk, error } from '../protocol/value.ts';
import { readClusterNodes } from '../read-reply.ts';
import { createNodesReader } from './nodes-reader.ts';

const told = (pinged: number, flags = 'master', epoch = 1) =>
  bulk(
    [
      `aa 10.0.0.1:6379@1,one.example myself,slave bb 0 ${pinged + 5} 1 connected`,
      `bb 10.0.0.2:6379@1 ${flags} - ${pinged} ${pinged + 7} ${epoch} connected 0-16383 [5->-cc]\n`,
    ].join('\n'),
  );

describe('what a node says of all nodes, again and again', () => {
  it('is the same object as long as only times have changed', () => {
    const read = createNodesReader();
    const first = read(told(0));
    expect(first).toEqual(readClusterNodes(told(0)));
    expect(read(told(1_700_000_000_000))).toBe(first);
  });

  it.each([
    ['a flag', told(2, 'master,fail?')],
    ['an epoch', told(2, 'master', 2)],
  ])('is read anew once %s has changed', (_what, changed) => {
    const read = createNodesReader();
    const first = read(told(1));
    expect(read(changed)).not.toBe(first);
    expect(read(changed)).toEqual(readClusterNodes(changed));
    expect(read(told(3))).toEqual(first);
  });

  it('may be an error in between', () => {
    const read = createNodesReader();
    const first = read(told(1));
    expect(read(error('LOADING'))).toMatchObject({ type: 'errorReply', code: 'LOADING' });
    expect(read(told(2))).toBe(first);
  });
});
