import { type Random, shuffled } from '../random.ts';

export type HistoryFault = 'kill' | 'hang' | 'restart' | 'sentinelFailover' | 'sentinelGone' | 'leaderGone';

export const HISTORY_FAULTS: readonly HistoryFault[] = [
  'kill',
  'hang',
  'restart',
  'sentinelFailover',
  'sentinelGone',
  'leaderGone',
];

/** Each kind equally often, as far as the count allows, in an order that the seed decides. */
export function faultSchedule(
  count: number,
  kinds: readonly HistoryFault[],
  random: Random,
): readonly HistoryFault[] {
  const order = shuffled(kinds, random);
  return shuffled(
    Array.from({ length: count }, (_, index) => order[index % order.length] as HistoryFault),
    random,
  );
}
