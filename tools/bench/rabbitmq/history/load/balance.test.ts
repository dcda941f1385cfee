import { describe, expect, it } from 'vitest';
import { balanceOf, type Came, type Publish } from './balance.ts';

const publish = (sequence: number, outcome: Publish['outcome'] = 'ok'): Publish => ({
  publisher: 0,
  sequence,
  queue: 'q',
  at: sequence,
  outcome,
});
const came = (sequence: number, how: Partial<Came> = {}): Came => ({
  publisher: 0,
  sequence,
  consumer: 0,
  at: 0,
  redelivered: false,
  resent: false,
  returns: 0,
  ...how,
});

describe('what was published, beside what came', () => {
  it('misses only what was confirmed', () => {
    const { missing, confirmed, unknown } = balanceOf(
      [publish(0), publish(1), publish(2, 'unknown')],
      [],
      [],
    );
    expect({ missing: missing.length, confirmed, unknown }).toEqual({ missing: 2, confirmed: 2, unknown: 1 });
  });

  it('tells doubles by what they say of themselves', () => {
    const arrivals = [
      ...[came(0), came(0, { resent: true })],
      ...[came(1), came(1, { redelivered: true })],
      ...[came(2, { redelivered: true }), came(2, { resent: true })],
      ...[came(3), came(3)],
      came(4, { resent: true }),
    ];
    const { silent, marked, redelivered } = balanceOf([], [], arrivals);
    expect({ silent: silent.length, marked, redelivered }).toEqual({ silent: 1, marked: 2, redelivered: 1 });
  });

  it('tells the most that one message came back', () => {
    expect(balanceOf([], [], [came(1), came(2, { returns: 7 }), came(2, { returns: 3 })]).mostReturns).toBe(
      7,
    );
  });

  it('finds a message that came after its successor', () => {
    const arrivals = [came(1), came(3), came(2), came(4), came(2, { resent: true })];
    const { reordered } = balanceOf([], [], arrivals);
    expect(reordered).toEqual([{ came: came(2), behind: came(3), copies: [came(2, { resent: true })] }]);
  });

  it('asks for no order of what says that it comes late, comes again, or comes to another', () => {
    const late = [came(2, { resent: true }), came(1, { redelivered: true }), came(0, { consumer: 1 })];
    expect(balanceOf([], [], [came(3), ...late, came(3, { redelivered: true })]).reordered).toEqual([]);
  });
});
