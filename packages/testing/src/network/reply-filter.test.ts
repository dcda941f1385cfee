import { describe, expect, it } from 'vitest';
import { createReplyFilter, type FrameScan, type LostReply } from './reply-filter.ts';

/** Frames are lines. */
const scanLines: FrameScan = (bytes, from) => {
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(10, from);
  return end === -1 ? -1 : end + 1;
};

function run(lost: LostReply | undefined, chunks: readonly string[]): { passed: string; isLost: boolean } {
  const filter = createReplyFilter(scanLines, () =>
    lost !== undefined && lost.remaining >= 0 ? lost : undefined,
  );
  let passed = '';
  for (const chunk of chunks) {
    const filtered = filter.pass(Buffer.from(chunk));
    passed += filtered.bytes.toString();
    if (filtered.isLost) return { passed, isLost: true };
  }
  return { passed, isLost: false };
}

describe('reply filter', () => {
  it('passes everything while nothing shall be lost', () => {
    expect(run(undefined, ['a', 'b\nc', '', '\n'])).toEqual({ passed: 'ab\nc\n', isLost: false });
  });

  const text = 'one\ntwo\nthree\n';
  const splits = Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)]);

  it.each(splits)('swallows the whole third reply, split as %j %j', (...chunks) => {
    expect(run({ remaining: 2 }, chunks)).toEqual({ passed: 'one\ntwo\n', isLost: true });
  });

  it('swallows a reply that comes byte by byte', () => {
    expect(run({ remaining: 1 }, [...text])).toEqual({ passed: 'one\n', isLost: true });
  });

  it('does not count a reply that had begun before it was asked', () => {
    let lost: LostReply | undefined = undefined;
    const filter = createReplyFilter(scanLines, () => lost);
    expect(filter.pass(Buffer.from('on')).bytes.toString()).toBe('on');
    lost = { remaining: 0 };
    expect(filter.pass(Buffer.from('e\ntw'))).toMatchObject({ bytes: Buffer.from('e\n'), isLost: false });
    expect(filter.pass(Buffer.from('o\n'))).toMatchObject({ bytes: Buffer.alloc(0), isLost: true });
  });

  it('gives back what it held when nothing shall be lost any more', () => {
    let lost: LostReply | undefined = { remaining: 0 };
    const filter = createReplyFilter(scanLines, () => lost);
    expect(filter.pass(Buffer.from('on')).bytes.toString()).toBe('');
    lost = undefined;
    expect(filter.pass(Buffer.alloc(0)).bytes.toString()).toBe('on');
    expect(filter.pass(Buffer.from('e\n')).bytes.toString()).toBe('e\n');
  });
});
