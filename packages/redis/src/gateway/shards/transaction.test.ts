import { describe, expect, it } from 'vitest';
import { createCommandTable } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import type { ShardTransaction } from './transaction.ts';
import { afterRefusal, noTransaction, stepTransaction } from './transaction.ts';
import { unitOf } from './unit.ts';

const table = createCommandTable();

/** `foo` and `foo2` are at shard F, `bar` at B, and nobody has `gone`. */
const shards = new Map(
  [
    ['foo', 'F'],
    ['foo2', 'F'],
    ['bar', 'B'],
  ].map(([key = '', shard = '']) => [keySlot(Buffer.from(key)), shard]),
);

function step(state: ShardTransaction, text: string) {
  const words = text.split(' ');
  const [name = ''] = words;
  const traits = table.traitsOf(table.indexOf(Buffer.from(name), 0, name.length), () => words[1] ?? '');
  const unit = unitOf(encodeCommand(words), traits, 0);
  const told = stepTransaction(
    state,
    unit,
    (slot) => shards.get(slot),
    () => words.slice(1).map((word) => keySlot(Buffer.from(word))),
  );
  const next = 'next' in told ? told.next : state;
  switch (told.type) {
    case 'answer':
      return { next, does: Buffer.from(told.reply).toString().trim() };
    case 'send':
      return { next, does: `to ${told.shard} behind ${told.before.length}` };
    default:
      return { next, does: told.type };
  }
}

/** What is done for each command of a client, in turn. */
function play(...texts: readonly string[]): readonly string[] {
  let state = noTransaction;
  return texts.map((text) => {
    const { next, does } = step(state, text);
    state = next;
    return does;
  });
}

const crossSlot = "-CROSSSLOT Keys in request don't hash to the same slot";
const aborted = '-EXECABORT Transaction discarded because of previous errors.';

describe('a transaction over shards', () => {
  it('is begun here, and at the shard of its first key with what had none before', () => {
    expect(play('MULTI', 'PING', 'SET foo 1', 'PING', 'SET foo2 1', 'EXEC', 'GET bar')).toEqual([
      '+OK',
      '+QUEUED',
      'to F behind 2',
      'to F behind 0',
      'to F behind 0',
      'to F behind 0',
      'plain',
    ]);
  });

  it('without any key goes anywhere', () => {
    expect(play('MULTI', 'PING', 'EXEC')).toEqual(['+OK', '+QUEUED', 'sendAny']);
    expect(play('MULTI', 'PING', 'DISCARD', 'PING')).toEqual(['+OK', '+QUEUED', '+OK', 'plain']);
  });

  it('fails with a command for another shard, and EXEC says so', () => {
    expect(play('MULTI', 'SET foo 1', 'SET bar 1', 'SET foo 2', 'PING', 'EXEC', 'EXEC')).toEqual([
      '+OK',
      'to F behind 1',
      crossSlot,
      '+QUEUED',
      '+QUEUED',
      aborted,
      '-ERR EXEC without MULTI',
    ]);
  });

  it.each(['MGET foo bar', 'DBSIZE', 'SUBSCRIBE foo', 'SCAN 0', 'CLUSTER SLOTS', 'AUTH x', 'MONITOR'])(
    'fails with %s, which one shard cannot do alone',
    (text) => {
      const [, refused, , end] = play('MULTI', text, 'SET foo 1', 'EXEC');
      expect(refused).toMatch(/^-/);
      expect(end).toBe(aborted);
    },
  );

  it('waits for a shard that serves its key', () => {
    expect(play('MULTI', 'SET gone 1')).toEqual(['+OK', 'wait']);
    expect(play('WATCH gone')).toEqual(['wait']);
  });

  it('watches keys of one shard, and is bound to it', () => {
    expect(play('WATCH foo', 'WATCH foo2', 'GET bar', 'MULTI', 'SET foo 1', 'EXEC')).toEqual([
      'to F behind 0',
      'to F behind 0',
      'plain',
      'to F behind 0',
      'to F behind 0',
      'to F behind 0',
    ]);
    expect(play('WATCH foo', 'WATCH bar')).toEqual(['to F behind 0', crossSlot]);
    expect(play('WATCH foo bar')).toEqual([crossSlot]);
    expect(play('WATCH foo', 'UNWATCH', 'WATCH bar')).toEqual([
      'to F behind 0',
      'to F behind 0',
      'to B behind 0',
    ]);
  });

  it('is not nested, and has no WATCH inside', () => {
    expect(play('MULTI', 'MULTI', 'WATCH foo', 'EXEC')).toEqual([
      '+OK',
      '-ERR MULTI calls can not be nested',
      '-ERR WATCH inside MULTI is not allowed',
      'sendAny',
    ]);
  });

  it('does not keep more without a key than it may', () => {
    const pings = Array.from({ length: 1001 }, () => 'PING');
    const answers = play('MULTI', ...pings, 'EXEC');
    expect(answers.slice(-2)).toEqual([
      '-ERR too much without a key before the first key of a transaction',
      aborted,
    ]);
  });

  it('runs nothing after a command of it was refused, and is over after EXEC was', () => {
    expect(afterRefusal({ type: 'begun', waiting: [] }, 'SET')).toEqual({ type: 'failed', shard: undefined });
    expect(afterRefusal({ type: 'bound', shard: 'F' }, 'SET')).toEqual({ type: 'failed', shard: 'F' });
    expect(afterRefusal({ type: 'begun', waiting: [] }, 'EXEC')).toEqual(noTransaction);
    expect(afterRefusal(noTransaction, 'GET')).toBe(noTransaction);
  });
});
