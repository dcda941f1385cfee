import { beforeEach, describe, expect, it } from 'vitest';
import { bulk } from './test-kit/bench-top.ts';
import { FramedStream } from './framed-stream.ts';

interface Heard {
  readonly frames: string[];
  readonly parts: string[];
  reads: number;
}

const reader = { writableLength: 0, writableNeedDrain: false };
let heard: Heard;
let stream: FramedStream;
let mayPass: boolean;

beforeEach(() => {
  heard = { frames: [], parts: [], reads: 0 };
  mayPass = false;
  stream = new FramedStream(reader, {
    framed: (frame) => void heard.frames.push(Buffer.from(frame).toString('latin1')),
    wasRead() {
      heard.reads += 1;
    },
    mayPass: () => mayPass,
    passed: (bytes, isLast) =>
      void heard.parts.push(`${Buffer.from(bytes).toString('latin1')}${isLast ? '.' : ''}`),
    paused: () => undefined,
    resumed: () => undefined,
    ended: () => undefined,
  });
});

const write = (text: string): boolean => stream.write(Buffer.from(text, 'latin1'));
const long = bulk('x'.repeat(100_000));

describe('what comes from a relay', () => {
  const replies = [
    '+OK\r\n',
    '-ERR no\r\n',
    '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
    '$-1\r\n',
    '>2\r\n+a\r\n+b\r\n',
    '%1\r\n+k\r\n_\r\n',
  ];

  it('is told reply by reply, wherever it is cut', () => {
    const all = replies.join('');
    for (let at = 0; at <= all.length; at += 1) {
      heard.frames.length = 0;
      write(all.slice(0, at));
      write(all.slice(at));
      expect(heard.frames).toEqual(replies);
    }
  });

  it('is told reply by reply when it comes byte by byte', () => {
    for (const byte of replies.join('')) write(byte);
    expect(heard.frames).toEqual(replies);
  });

  it('is looked at once, however many replies there are', () => {
    write(replies.join(''));
    expect(heard.frames).toEqual(replies);
    expect(heard.reads).toBe(1);
  });

  it('goes on in parts if it is long and may', () => {
    mayPass = true;
    write(`+OK\r\n${long.slice(0, 70_000)}`);
    write(long.slice(70_000, 80_000));
    write(`${long.slice(80_000)}+OK\r\n`);
    expect(heard.frames).toEqual(['+OK\r\n', '+OK\r\n']);
    expect(heard.parts.join('')).toBe(`${long}.`);
    expect(heard.parts).toHaveLength(3);
  });

  it('is kept until it is whole while it may not go on, and goes on as soon as it may', () => {
    write(long.slice(0, 70_000));
    expect(heard.parts).toEqual([]);
    mayPass = true;
    write(long.slice(70_000, 75_000));
    write(long.slice(75_000));
    expect(heard.parts.join('')).toBe(`${long}.`);
    mayPass = false;
    write(long.slice(0, 90_000));
    write(long.slice(90_000));
    expect(heard.frames).toEqual([long]);
  });

  it('is not told any more once it is closed, and nothing is asked there', () => {
    const asked: Buffer[] = [];
    stream.on('data', (chunk?: Buffer) => {
      if (chunk !== undefined) asked.push(chunk);
    });
    stream.ask(Buffer.from('a'));
    stream.close();
    stream.ask(Buffer.from('b'));
    write('+OK\r\n');
    expect(asked.map(String)).toEqual(['a']);
    expect(heard.frames).toEqual([]);
  });
});
