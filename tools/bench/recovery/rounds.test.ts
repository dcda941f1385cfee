import { describe, expect, it } from 'vitest';
import { faultsOf, planRounds, runRounds } from './rounds.ts';

const entrants = [
  { name: 'ours', isOurs: true },
  { name: 'theirs', isOurs: false },
  { name: 'another', isOurs: false },
];
const plan = { faults: ['kill', 'hang'], runs: 2, seed: 7 } as const;

describe('the plan of rounds', () => {
  it('gives each its own fault, shares those of peers, or shares all', () => {
    const sizes = (sharing: 'none' | 'peers' | 'all') =>
      planRounds({ ...plan, sharing }, entrants).map((round) => round.entrants.length);
    expect(sizes('none')).toEqual(new Array(12).fill(1));
    expect(sizes('peers').toSorted()).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(sizes('all')).toEqual([3, 3, 3, 3]);
  });

  it('is the same for the same seed', () => {
    const planned = (seed: number) => planRounds({ ...plan, seed, sharing: 'none' }, entrants);
    expect(planned(7)).toEqual(planned(7));
    expect(planned(8)).not.toEqual(planned(7));
  });

  it('refuses a fault that nobody knows instead of running none', () => {
    expect(faultsOf(['kill', 'hang'], ['hang'])).toEqual(['hang']);
    expect(faultsOf(['kill', 'hang'], ['none'])).toEqual([]);
    expect(() => faultsOf(['kill', 'hang'], ['hung'])).toThrow('no fault named hung');
  });

  it('runs again at the end what did not count', async () => {
    const ran: string[] = [];
    await runRounds([{ fault: 'kill' }, { fault: 'hang' }], Infinity, (run, { fault }) => {
      ran.push(fault);
      return Promise.resolve(run === 1 ? 'again' : 'counts');
    });
    expect(ran).toEqual(['kill', 'hang', 'kill']);
  });
});
