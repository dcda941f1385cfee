import type { Options, Sharing } from '../../options.ts';
import { seeded, shuffled } from '../../random.ts';
import { type Fault, FAULTS } from '../cluster/fault.ts';
import type { Entrant } from './placing.ts';

export interface Round {
  readonly fault: Fault;
  /** Ours first: where it connects to is its own choice, and the others follow. */
  readonly entrants: readonly Entrant[];
}

export function planRounds(options: Options, runs: number, entrants: readonly Entrant[]): readonly Round[] {
  const random = seeded(options.seed);
  const once = faultsOf(options).flatMap((fault) =>
    groups(options.sharing, entrants).map((group) => ({ fault, group })),
  );
  return shuffled(Array.from({ length: runs }, () => once).flat(), random).map(({ fault, group }) => ({
    fault,
    entrants: oursFirst(shuffled(group, random)),
  }));
}

/** With `--faults none` there are none, and only the run without a fault remains. */
function faultsOf(options: Options): readonly Fault[] {
  const known: readonly string[] = [...FAULTS, 'none'];
  const unknown = options.faults?.filter((fault) => !known.includes(fault)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no fault named ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  return FAULTS.filter((fault) => options.faults?.includes(fault) ?? true);
}

export function oursFirst(entrants: readonly Entrant[]): readonly Entrant[] {
  return [...entrants.filter(({ isOurs }) => isOurs), ...entrants.filter(({ isOurs }) => !isOurs)];
}

/** Those who meet a fault together. */
function groups(sharing: Sharing, entrants: readonly Entrant[]): readonly (readonly Entrant[])[] {
  const alone = (entrant: Entrant): readonly Entrant[] => [entrant];
  switch (sharing) {
    case 'none':
      return entrants.map(alone);
    case 'all':
      return [entrants];
    case 'peers': {
      const peers = entrants.filter(({ isOurs }) => !isOurs);
      const ours = entrants.filter(({ isOurs }) => isOurs).map(alone);
      return peers.length === 0 ? ours : [...ours, peers];
    }
  }
}
