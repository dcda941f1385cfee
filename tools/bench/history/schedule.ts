import { type Random, shuffled } from '../random.ts';

/** Each as often as it stands among the kinds, as far as the count allows, in an order that the seed decides. */
export function faultSchedule(count: number, kinds: readonly string[], random: Random): readonly string[] {
  const order = shuffled(kinds, random);
  return shuffled(
    Array.from({ length: count }, (_, index) => order[index % order.length] as string),
    random,
  );
}
