import { describe, expect, it } from 'vitest';
import { withRemainingTimeout } from './remaining-timeout.ts';
import { replay } from './replay.ts';
import { newSession } from './session.ts';
import { afterSubscription, confirmations, noSubscriptions, readPushed } from './subscriptions.ts';

const words = (...args: readonly string[]): Buffer[] => args.map((arg) => Buffer.from(arg));
const shortened = (args: readonly string[], waitedMs: number): string =>
  withRemainingTimeout(words(...args), waitedMs).join(' ');

describe('[20] what is left of a timeout', () => {
  it.each([
    [['BLPOP', 'a', 'b', '5'], 'BLPOP a b 3'],
    [['blmove', 'a', 'b', 'LEFT', 'RIGHT', '5'], 'blmove a b LEFT RIGHT 3'],
    [['BLMPOP', '5', '1', 'a', 'LEFT'], 'BLMPOP 3 1 a LEFT'],
    [['XREAD', 'BLOCK', '5000', 'STREAMS', 's', '$'], 'XREAD BLOCK 3000 STREAMS s $'],
    [['BLPOP', 'a', '0'], 'BLPOP a 0'],
    [['BLPOP', 'a', '1'], 'BLPOP a 0.001'],
    [['XREAD', 'STREAMS', 's', '0'], 'XREAD STREAMS s 0'],
  ])('of %j after 2 s is %j', (args, left) => {
    expect(shortened(args, 2000)).toBe(left);
  });
});

describe('subscriptions', () => {
  it('are counted as the server confirms them', () => {
    const two = afterSubscription(noSubscriptions, 'SUBSCRIBE', ['a', 'b', 'a']);
    expect([...two.channel.keys()]).toEqual(['a', 'b']);
    expect(confirmations(two, 'UNSUBSCRIBE', [])).toBe(2);
    expect(confirmations(two, 'PUNSUBSCRIBE', [])).toBe(1);
    expect(confirmations(noSubscriptions, 'SUBSCRIBE', ['a', 'b', 'a'])).toBe(3);
    expect(afterSubscription(two, 'UNSUBSCRIBE', [])).toEqual(noSubscriptions);
  });

  it('grow one by one without a copy of all at each', () => {
    const names = Array.from({ length: 50_000 }, (_, at) => `channel${at}`);
    const all = names.reduce(
      (before, name) => afterSubscription(before, 'SUBSCRIBE', [name]),
      noSubscriptions,
    );
    expect(all.channel.size).toBe(names.length);
  });

  it('are read from what the server writes among replies', () => {
    const frame = (...items: readonly string[]): Buffer =>
      Buffer.from(`*${items.length}\r\n${items.map((item) => `$${item.length}\r\n${item}\r\n`).join('')}`);
    expect(readPushed(frame('message', 'news', 'x'))).toEqual({ type: 'message' });
    expect(readPushed(frame('psubscribe', 'n*'))).toEqual({
      type: 'confirmation',
      name: 'PSUBSCRIBE',
      channel: 'n*',
    });
    expect(readPushed(frame('pong', ''))).toEqual({ type: 'reply' });
    expect(readPushed(Buffer.from('*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n'))).toMatchObject({
      channel: undefined,
    });
    expect(readPushed(Buffer.from('>2\r\n$10\r\ninvalidate\r\n_\r\n'))).toEqual({ type: 'message' });
  });
});

describe('the replay of a session', () => {
  it('is nothing for a new one', () => {
    expect(replay(newSession)).toEqual({ bytes: Buffer.alloc(0), replyCount: 0 });
  });

  it('subscribes to everything again, byte for byte, and knows how many replies that gives', () => {
    const odd = '\u00ff\u0000\r\n';
    const subscriptions = afterSubscription(
      afterSubscription(afterSubscription(noSubscriptions, 'SUBSCRIBE', ['a', odd]), 'PSUBSCRIBE', ['p*']),
      'SSUBSCRIBE',
      ['s', 't'],
    );
    const { bytes, replyCount } = replay({ ...newSession, clientName: 'me', subscriptions });
    expect(replyCount).toBe(6);
    const text = bytes.toString('latin1');
    expect(text).toContain('$7\r\nSETNAME\r\n$2\r\nme\r\n');
    expect(text).toContain(`*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$4\r\n${odd}\r\n`);
    expect(text.match(/SSUBSCRIBE/g)).toHaveLength(2);
  });
});
