import { ms } from '../../report/table.ts';
import type { Fault } from '../cluster/fault.ts';
import { ratio, type ShardsSummary } from './summary.ts';

/** ms beyond the election, median. */
const ADDED_MS = 50;
/** Times the p99 of the other shards without a fault. */
const OTHERS_RATIO = 1.2;

export interface Bar {
  readonly what: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** What ours are held to. */
export function barsOf(summaries: readonly ShardsSummary[]): readonly Bar[] {
  const control = (fault: Fault): string => {
    const found = summaries.find((summary) => summary.isControl && summary.fault === fault);
    return found === undefined ? '' : `, ${found.contender} ${ratio(found.others.ratio)}`;
  };
  return summaries
    .filter(({ isOurs }) => isOurs)
    .flatMap(({ contender, fault, added, others }) => [
      {
        what: `${contender}, ${fault}: added recovery, median under ${ADDED_MS} ms`,
        found: `${ms(added.median)} ms`,
        isMet: added.median < ADDED_MS,
      },
      {
        what: `${contender}, ${fault}: other shards' p99 within ${OTHERS_RATIO} times`,
        found: `${ratio(others.ratio)} (${ratio(others.low)} to ${ratio(others.high)})${control(fault)}`,
        isMet: others.ratio <= OTHERS_RATIO,
      },
    ]);
}

export function printBars(bars: readonly Bar[]): string {
  return bars.map(({ what, found, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${what}: ${found}`).join('\n');
}
