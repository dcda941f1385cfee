import { describe, expect, it } from 'vitest';
import { createCommandTable } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { argsOf } from '../sent-commands.ts';
import { LaneState } from './lane-state.ts';
import { unitOf } from './unit.ts';

const commands = createCommandTable([]);

function stateAfter(...taken: readonly string[]): LaneState {
  const state = new LaneState();
  for (const line of taken) {
    const bytes = encodeCommand(line.split(' '));
    const name = argsOf(bytes)[0] ?? Buffer.alloc(0);
    const traits = commands.traitsOf(
      commands.indexOf(name, 0, name.length),
      () => argsOf(bytes)[1]?.toString() ?? '',
    );
    state.taken(unitOf(bytes, traits, 0));
  }
  return state;
}

/** What a connection that is opened now begins with. */
const replayed = (...taken: readonly string[]): readonly string[] =>
  [...stateAfter(...taken).commands].map((bytes) => argsOf(bytes).join(' '));

describe('what a client set up on all of its connections', () => {
  it('is set up again with the last word on each', () => {
    expect(replayed('CLIENT SETNAME a', 'SELECT 0', 'CLIENT SETNAME b')).toEqual([
      'SELECT 0',
      'CLIENT SETNAME b',
    ]);
  });

  it('begins with the last login, since nothing is taken from a stranger', () => {
    expect(replayed('AUTH ann x', 'HELLO 3', 'AUTH bob y')).toEqual(['AUTH bob y', 'HELLO 3']);
    expect(replayed('HELLO 2', 'HELLO 3 AUTH ann x SETNAME a')).toEqual([
      'AUTH ann x',
      'HELLO 3',
      'CLIENT SETNAME a',
    ]);
  });

  it('keeps the user of one HELLO when the next one names none', () => {
    expect(replayed('AUTH bob y', 'HELLO 3 AUTH ann x', 'HELLO 2')).toEqual(['AUTH ann x', 'HELLO 2']);
  });

  it('is nothing after RESET', () => {
    expect(replayed('HELLO 3 AUTH ann x', 'CLIENT SETNAME a', 'RESET')).toEqual([]);
  });

  it('speaks what it spoke last, until RESET', () => {
    expect(stateAfter('HELLO 3', 'HELLO').resp).toBe(3);
    expect(stateAfter('HELLO 3', 'HELLO 2').resp).toBe(2);
    expect(stateAfter('HELLO 3', 'RESET').resp).toBe(2);
  });
});
