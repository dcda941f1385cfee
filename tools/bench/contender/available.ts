import { UsageError } from '../options.ts';

interface Named {
  readonly name: string;
  /** Why it cannot take part on this machine, or undefined. */
  missing(): string | undefined;
}

/**
 * Those that were asked for and can run here; what is left out is said, never dropped silently.
 * @throws Error if one is asked for that nobody knows
 */
export function availableOf<C extends Named>(
  all: readonly C[],
  only: readonly string[] | undefined,
): readonly C[] {
  const unknown = only?.filter((name) => !all.some((contender) => contender.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = all.map((contender) => contender.name).join(', ');
    throw new UsageError(`no contender named ${unknown.join(', ')}; there are: ${known}`);
  }
  return all
    .filter(({ name }) => only?.includes(name) ?? true)
    .filter((contender) => {
      const why = contender.missing();
      if (why !== undefined) console.log(`SKIPPED ${contender.name}: ${why}`);
      return why === undefined;
    });
}
