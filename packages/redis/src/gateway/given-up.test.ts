import { describe, expect, it } from 'vitest';
import { createCommandTable, unknownCommand } from '../protocol/commands/index.ts';
import { giveUpAll, giveUpBehind, giveUpHalfSent } from './given-up.ts';
import type { Pending, PendingWork } from './pending.ts';
import { openGate, replyOf, restoreWork } from './pending.ts';

const table = createCommandTable();
const work = { deadline: 0, gate: openGate };
const traits = (name: string) =>
  table.traits[table.indexOf(Buffer.from(name), 0, name.length)] ?? unknownCommand;
const command = (name: string): PendingWork => ({
  type: 'command',
  bytes: Buffer.from(name),
  traits: traits(name),
  confirmed: 0,
  ...work,
});
const run = (count: number): PendingWork => ({
  type: 'run',
  bytes: Buffer.alloc(1),
  from: 0,
  to: 1,
  count,
  ...work,
});
const large = (hasBegun: boolean): PendingWork => ({
  type: 'large',
  traits: traits('SET'),
  parts: [],
  bytes: 0,
  isWhole: false,
  hasBegun,
  ...work,
});

/** Each place as a word: what still waits by its type, what does not by its answer. */
const shown = (line: readonly Pending[]): readonly string[] =>
  line.map((each) => (each.type === 'reply' ? Buffer.from(each.bytes).toString() : each.type));
const refusal = '-TRYAGAIN failover: not executed, so\r\n';

describe('a line that is given up', () => {
  it('has an answer for each command, in its place, and keeps the answers that it had', () => {
    const works = [run(2), command('SET')];
    const { line, works: givenUp } = giveUpAll([works[0]!, replyOf(Buffer.from('+OK\r\n')), works[1]!], 'so');
    expect(shown(line)).toEqual([refusal.repeat(2), '+OK\r\n', refusal]);
    expect(givenUp).toEqual(works);
  });

  it('tells nobody of what nobody asked for', () => {
    const restore = restoreWork();
    expect(giveUpAll([restore], 'so')).toEqual({ line: [], works: [restore] });
  });

  it('loses the transaction whose MULTI no server took, and nothing before or behind it', () => {
    const multi = command('MULTI');
    const before = [command('EXEC'), run(1)];
    const { line } = giveUpBehind(multi, [...before, multi, run(1), command('EXEC'), run(1)], 'so');
    expect(shown(line)).toEqual(['command', 'run', 'command', refusal, refusal, 'run']);
  });

  it('loses all behind a MULTI whose end did not come yet', () => {
    const multi = command('MULTI');
    expect(shown(giveUpBehind(multi, [multi, run(1), run(1)], 'so').line)).toEqual([
      'command',
      refusal,
      refusal,
    ]);
  });

  it('loses a large command only if part of it was sent', () => {
    const { line } = giveUpHalfSent([large(true), large(false)]);
    expect(shown(line)).toEqual([
      '-TRYAGAIN failover: not executed, the connection was lost before all of it was sent\r\n',
      'large',
    ]);
  });
});
