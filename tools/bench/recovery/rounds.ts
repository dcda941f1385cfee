import { now } from '../clock.ts';
import { UsageError, type Sharing } from '../options.ts';
import { seeded, shuffled } from '../random.ts';

/** One fault, and who meets it together. */
export interface Round<Fault, Entrant> {
  readonly fault: Fault;
  readonly entrants: readonly Entrant[];
}

export interface RoundsPlan<Fault> {
  readonly faults: readonly Fault[];
  /** Of each kind. */
  readonly runs: number;
  readonly sharing: Sharing;
  readonly seed: number;
}

/** All in random order, so that no drift of the machine favours anybody. */
export function planRounds<Fault, Entrant extends { readonly isOurs: boolean }>(
  { faults, runs, sharing, seed }: RoundsPlan<Fault>,
  entrants: readonly Entrant[],
): readonly Round<Fault, Entrant>[] {
  const random = seeded(seed);
  const once = faults.flatMap((fault) => groups(sharing, entrants).map((group) => ({ fault, group })));
  return shuffled(Array.from({ length: runs }, () => once).flat(), random).map(({ fault, group }) => ({
    fault,
    entrants: shuffled(group, random),
  }));
}

/**
 * The known faults that were asked for. With `none` there are none, and only a run without a fault remains.
 * @throws Error if one is asked for that nobody knows
 */
export function faultsOf<Fault extends string>(
  known: readonly Fault[],
  asked: readonly string[] | undefined,
): readonly Fault[] {
  const names: readonly string[] = [...known, 'none'];
  const unknown = asked?.filter((fault) => !names.includes(fault)) ?? [];
  if (unknown.length > 0)
    throw new UsageError(`no fault named ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  return known.filter((fault) => asked?.includes(fault) ?? true);
}

/** Those who meet a fault together. */
function groups<Entrant extends { readonly isOurs: boolean }>(
  sharing: Sharing,
  entrants: readonly Entrant[],
): readonly (readonly Entrant[])[] {
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

/** How a round ended; one that does not count is run again at the end. */
export type RoundEnd = 'counts' | 'again';

/**
 * One after the other.
 * @param lastStartMs after the first began; what would begin later is left out, and that is said
 */
export async function runRounds<R extends { readonly fault: string }>(
  planned: readonly R[],
  lastStartMs: number,
  one: (run: number, round: R, of: number) => Promise<RoundEnd>,
): Promise<void> {
  const rounds = [...planned];
  const startedAt = now();
  for (const [index, round] of rounds.entries()) {
    if (now() - startedAt > lastStartMs)
      console.log(`${round.fault} was left out: a quick run has no more time on a machine this busy`);
    else if ((await one(index + 1, round, rounds.length)) === 'again') rounds.push(round);
  }
}

/** An hour of runs is worth more than the reason why it ended: that is told and returned, and makes us exit with 1. */
export async function untilFailure(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(failure);
    process.exitCode = 1;
    return failure;
  }
}
