import type { Options } from '../../options.ts';
import { faultsOf, planRounds as planAny, type Round as AnyRound } from '../../recovery/rounds.ts';
import { type Fault, FAULTS } from '../cluster/fault.ts';
import type { Entrant } from './placing.ts';

/** Ours first: where it connects to is its own choice, and the others follow. */
export type Round = AnyRound<Fault, Entrant>;

export function planRounds(options: Options, runs: number, entrants: readonly Entrant[]): readonly Round[] {
  const faults = faultsOf(FAULTS, options.faults);
  return planAny({ ...options, faults, runs }, entrants).map((round) => ({
    ...round,
    entrants: oursFirst(round.entrants),
  }));
}

export function oursFirst(entrants: readonly Entrant[]): readonly Entrant[] {
  return [...entrants.filter(({ isOurs }) => isOurs), ...entrants.filter(({ isOurs }) => !isOurs)];
}
