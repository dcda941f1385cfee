import { appendedByList } from './appended.ts';
import { checkCounters } from './counters.ts';
import { findDoubled, type Doubled } from './doubled.ts';
import { joinFindings, nothingFound, sentenceOf, type Finding } from './finding.ts';
import { findLost, type Lost } from './lost.ts';
import type { FinalState, OperationRecord } from './operation-record.ts';
import { countOutcomes, type OutcomeCounts } from './outcome-counts.ts';
import { findPhantoms } from './phantom.ts';
import { findReordered } from './reordered.ts';
import { findStale } from './stale.ts';
import type { Successions } from './succession.ts';
import { findUnsettled } from './unsettled.ts';

/** What is promised of the run, and what is known about the backend's own part. */
export interface Claims {
  /** Without any, all that is lost is lost by us. */
  readonly successions?: Successions;
  /** `any`: reads may come from replicas, and then stale ones are not looked for. Default `primary`. */
  readonly reads?: 'primary' | 'any';
  /** `any`: a client may have several operations on different connections. Default `client`. */
  readonly order?: 'client' | 'any';
}

export interface Verdict {
  /** Nothing lost by us, silently doubled, stale, reordered, unsettled or phantom. */
  readonly isValid: boolean;
  /** One sentence for each thing that is not as it should be. */
  readonly failures: readonly string[];
  readonly operations: OutcomeCounts;
  /** Values and increments. */
  readonly lost: Lost;
  /** Values and increments. */
  readonly doubled: Doubled;
  readonly stale: Finding;
  readonly reordered: Finding;
  readonly unsettled: Finding;
  readonly phantom: Finding;
  /** Values with unknown outcome that are there. */
  readonly recovered: number;
}

/** Judges a whole history against what the backend holds at the end. Pure: the same input, the same verdict. */
export function checkHistory(
  history: readonly OperationRecord[],
  finalState: FinalState,
  claims: Claims = {},
): Verdict {
  const { successions = [], reads = 'primary', order = 'client' } = claims;
  const appended = appendedByList(history);
  const values = findLost(appended, finalState, successions);
  const doubledValues = findDoubled(appended, finalState);
  const counters = checkCounters(history, finalState, successions);
  const { phantom, recovered } = findPhantoms(appended, finalState);

  const found = {
    lost: {
      byBackend: joinFindings([values.byBackend, counters.lostByBackend]),
      byUs: joinFindings([values.byUs, counters.lostByUs]),
    },
    doubled: { silently: joinFindings([doubledValues.silently, counters.doubled]), told: doubledValues.told },
    stale: reads === 'primary' ? findStale(history, finalState) : nothingFound,
    reordered: order === 'client' ? findReordered(appended, finalState) : nothingFound,
    unsettled: findUnsettled(history),
    phantom,
    recovered,
  };
  const failures = [
    sentenceOf(found.lost.byUs, 'lost by us'),
    sentenceOf(found.doubled.silently, 'silently doubled'),
    sentenceOf(found.stale, 'stale'),
    sentenceOf(found.reordered, 'reordered'),
    sentenceOf(found.unsettled, 'unsettled'),
    sentenceOf(found.phantom, 'phantom'),
  ].filter((failure) => failure !== undefined);
  return { isValid: failures.length === 0, failures, operations: countOutcomes(history), ...found };
}
