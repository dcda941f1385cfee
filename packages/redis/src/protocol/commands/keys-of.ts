import type { KeySpec } from './server-command.ts';
import type { CommandTraits } from './traits.ts';

/**
 * The keys of a command, in order. One that we do not know has its key where nearly all have it: behind its name.
 * @see https://redis.io/docs/latest/develop/reference/key-specs/
 */
export function keysOf(traits: CommandTraits, args: readonly Buffer[]): readonly Buffer[] {
  if (traits.name === '') return args.slice(1, 2);
  const keys = traits.keys.flatMap((spec) => keysBy(spec, args));
  // Of many keys it has an empty one in the place for one.
  return traits.name === 'MIGRATE' && keys.length > 1 ? keys.slice(1) : keys;
}

function keysBy({ begin, find }: KeySpec, args: readonly Buffer[]): readonly Buffer[] {
  const first = typeof begin === 'number' ? begin : placeAfter(begin, args);
  if (first === undefined || first >= args.length) return [];
  if ('countAt' in find) {
    const count = Number(args[first + find.countAt]?.toString('latin1') ?? NaN);
    if (!Number.isSafeInteger(count) || count < 0) return [];
    return args.slice(first + find.first).filter((_, at) => at % find.step === 0 && at / find.step < count);
  }
  const { last, step, limit } = find;
  const end = last >= 0 ? first + last : args.length + last;
  const isPart = last === -1 && limit > 1;
  const count = isPart ? Math.floor((end - first + 1) / limit) : end - first + 1;
  return args.slice(first, first + count).filter((_, at) => at % step === 0);
}

/** The place behind a word that is searched from `from` on; backwards from the end if that is negative. */
function placeAfter(
  { word, from }: Exclude<KeySpec['begin'], number>,
  args: readonly Buffer[],
): number | undefined {
  const isWord = (arg: Buffer): boolean =>
    arg.length === word.length && arg.toString('latin1').toUpperCase() === word;
  const at =
    from >= 0
      ? args.findIndex((arg, place) => place >= from && isWord(arg))
      : args.findLastIndex((arg, place) => place <= args.length + from && isWord(arg));
  return at === -1 ? undefined : at + 1;
}
