import { describe, expect, it } from 'vitest';
import { parseOptions, usage, UsageError } from './options.ts';

const benches = ['recovery-redis', 'herd-redis'];

function wrong(...args: readonly string[]): string {
  try {
    parseOptions(args, benches);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

describe('the options of a bench', () => {
  it('are what was asked for, and defaults besides', () => {
    const args = ['herd-redis', '--seed', '7', '--only', 'a,b', '--cap=5000', '--rate', 'full'];
    const asked = parseOptions(args, benches);
    expect(asked).toMatchObject({
      type: 'run',
      options: {
        bench: 'herd-redis',
        seed: 7,
        only: ['a', 'b'],
        capMs: 5000,
        rate: 'full',
        isQuick: false,
        sharing: 'none',
      },
    });
  });

  it.each([[['--help']], [['herd-redis', '-h']]])('are told when help is asked for: %j', (args) => {
    expect(parseOptions(args, benches)).toEqual({ type: 'help' });
  });

  it.each([
    [[], 'no bench is named; there are: recovery-redis, herd-redis'],
    [['herd'], 'there is no bench herd; there are: recovery-redis, herd-redis'],
    [['herd-redis', 'recovery-redis'], 'one bench at a time, not herd-redis and recovery-redis'],
    [['herd-redis', '--runs', 'many'], '--runs wants a whole number, not many'],
    [['herd-redis', '--rate', 'fast'], '--rate wants a whole number, not fast'],
    [['herd-redis', '--seed='], '--seed wants a whole number, not nothing'],
    [['herd-redis', '--share', 'some'], '--share wants one of none, peers, all, not some'],
    [['herd-redis', '--topology', 'ring'], '--topology wants one of sentinel, cluster, not ring'],
  ])('are refused in one sentence that says what there is: %j', (args, sentence) => {
    expect(wrong(...args)).toBe(sentence);
  });

  it.each([
    ['--fast', /^Unknown option '--fast'; there are: --quick, --json, /],
    ['--seed', /^Option '--seed <value>' argument missing; there are: --quick, /],
    ['--quick=yes', /^Option '--quick' does not take an argument; there are: --quick, /],
  ])('are named when they are none, or want a value: %s', (option, sentence) => {
    expect(wrong('herd-redis', option)).toMatch(sentence);
    expect(wrong('herd-redis', option)).not.toContain('\n');
  });
});

it('help lists every bench and every option', () => {
  const text = usage(benches);
  for (const each of [...benches, '--quick', '--json FILE', '--topology sentinel|cluster', '--help'])
    expect(text).toContain(each);
});
