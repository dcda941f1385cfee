import { nextStep } from '@failover/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../classify.ts';
import { createCommandTable, unknownCommand } from '../protocol/commands/index.ts';
import type { Fate, Sent, Settled } from './burst.ts';
import { coreTraits, settleBurst } from './burst.ts';

const table = createCommandTable();
const traits = (name: string) =>
  table.traits[table.indexOf(Buffer.from(name), 0, name.length)] ?? unknownCommand;
const bytes = Buffer.from('x');
const refusal = (): Fate => ({
  type: 'refused',
  reply: bytes,
  outcome: classify({ type: 'errorReply', code: 'READONLY', text: '' }, coreTraits(traits('SET'))),
});
const sent = (name: string, fate: Fate): Sent => ({
  command: { bytes, from: 0, to: 1, traits: traits(name) },
  fate,
});
const settle = (all: readonly Sent[], retriesLeft = 1000, continueAfterUnknown = false): readonly Settled[] =>
  settleBurst(all, {
    lost: { type: 'connectionLost', reason: 'closed' },
    classify,
    nextStep: (outcome, of) => nextStep(outcome, of, { now: 0, deadline: 100, retriesLeft }),
    continueAfterUnknown,
  });

const answered: Fate = { type: 'answered', reply: bytes };
const lost: Fate = { type: 'lost' };
const repeatable: Fate = { type: 'repeatable' };
const anySent = fc
  .tuple(
    fc.constantFrom('GET', 'SET', 'INCR', 'HGET'),
    fc.constantFrom(answered, lost, repeatable, refusal()),
  )
  .map(([name, fate]) => sent(name, fate));
const types = (settled: readonly Settled[]): string[] => settled.map((each) => each.type);

describe('a burst that was refused or lost', () => {
  it('gives each command exactly one fate, and never repeats a write that may have run', () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 20 }), fc.nat(5), (all, retriesLeft) => {
        const settled = settle(all, retriesLeft);
        expect(settled).toHaveLength(all.length);
        settled.forEach((each, at) => {
          const { command, fate } = all[at] as Sent;
          const mayHaveRun = fate.type === 'answered' || fate.type === 'lost';
          if (command.traits.isWrite && mayHaveRun) expect(each.type).not.toBe('resend');
          if (command.traits.isWrite && fate.type === 'lost') expect(each.type).toBe('unknown');
          if (each.type === 'unknown') expect([command.traits.isWrite, fate.type]).toEqual([true, 'lost']);
        });
      }),
    );
  });

  it('[15] never sends a write again behind which another one ran', () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 20 }), (all) => {
        const settled = settle(all);
        const lastRun = all.findLastIndex(
          ({ command, fate }) => command.traits.isWrite && (fate.type === 'answered' || fate.type === 'lost'),
        );
        settled.forEach((each, at) => {
          const { command, fate } = all[at] as Sent;
          if (at < lastRun && fate.type === 'refused' && command.traits.isWrite)
            expect(each.type).not.toBe('resend');
        });
      }),
    );
  });

  it('sends nothing again behind an unknown one, unless that is wanted', () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 20 }), (all) => {
        const settled = types(settle(all));
        const unknown = settled.indexOf('unknown');
        if (unknown !== -1) expect(settled.slice(unknown)).not.toContain('resend');
      }),
    );
    expect(types(settle([sent('SET', lost), sent('GET', lost)], 10, true))).toEqual(['unknown', 'resend']);
  });

  it('lets a read behind a refused write run again, so that it sees what was written', () => {
    const all = [sent('GET', answered), sent('SET', refusal()), sent('GET', answered)];
    expect(types(settle(all))).toEqual(['reply', 'resend', 'resend']);
  });

  it('leaves a read unanswered but never unknown when the budget is used up', () => {
    expect(types(settle([sent('GET', lost)], 0))).toEqual(['notExecuted']);
  });
});
