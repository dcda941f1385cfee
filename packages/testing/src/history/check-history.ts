import { appendedByList } from './appended.ts';
import { checkCounters } from './counters.ts';
import { findDoubled, type Doubled } from './doubled.ts';
import { nothingFound, type Finding } from './finding.ts';
import { findLost, type Lost } from './lost.ts';
import type { FinalState, OperationRecord, RecordedOutcome } from './operation-record.ts';
import { findPhantoms } from './phantom.ts';
import { findReordered } from './reordered.ts';
import { findStale } from './stale.ts';
import type { Succession } from './succession.ts';
import { findUnsettled } from './unsettled.ts';

/** What is promised of the run, and what is known about the backend's own part. */
export interface Claims {
  /** Without any, all that is lost is lost by us. In the order in which they happened. */
  readonly successions?: readonly Succession[];
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
  readonly operations: Readonly<Record<RecordedOutcome, number>> & { readonly total: number };
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
      byBackend: join(values.byBackend, counters.lostByBackend),
      byUs: join(values.byUs, counters.lostByUs),
    },
    doubled: { silently: join(doubledValues.silently, counters.doubled), told: doubledValues.told },
    stale: reads === 'primary' ? findStale(history, finalState) : nothingFound,
    reordered: order === 'client' ? findReordered(appended, finalState) : nothingFound,
    unsettled: findUnsettled(history),
    phantom,
    recovered,
  };
  const failures = [
    sentence(found.lost.byUs, 'lost by us'),
    sentence(found.doubled.silently, 'silently doubled'),
    sentence(found.stale, 'stale'),
    sentence(found.reordered, 'reordered'),
    sentence(found.unsettled, 'unsettled'),
    sentence(found.phantom, 'phantom'),
  ].filter((failure) => failure !== undefined);
  return { isValid: failures.length === 0, failures, operations: countOutcomes(history), ...found };
}

function join(a: Finding, b: Finding): Finding {
  return { count: a.count + b.count, examples: [...a.examples, ...b.examples] };
}

function sentence({ count, examples }: Finding, word: string): string | undefined {
  const [first] = examples;
  if (first === undefined) return undefined;
  const value = first.value === undefined ? '' : ` ${first.value}`;
  return `${count} ${word}, first ${first.key}${value}: ${first.what}`;
}

function countOutcomes(history: readonly OperationRecord[]): Verdict['operations'] {
  const counts = { total: history.length, ok: 0, refused: 0, unknown: 0, error: 0 };
  for (const { outcome } of history) if (outcome !== undefined) counts[outcome] += 1;
  return counts;
}
