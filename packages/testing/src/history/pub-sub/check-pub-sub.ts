import { joinFindings, sentenceOf, type Finding } from '../finding.ts';
import { countOutcomes, type OutcomeCounts } from '../outcome-counts.ts';
import type { Period } from '../period.ts';
import { findUnsettled } from '../unsettled.ts';
import type { BackendAct } from './backend-act.ts';
import { judgeHearing } from './hearing.ts';
import { judgeMissed } from './missed.ts';
import type { GapRecord, HeardRecord, PublishRecord, PubSubRecord, Subscriber } from './pub-sub-record.ts';

export interface PubSubClaims {
  /** From some time after each healing until the next fault: who is subscribed hears everything. */
  readonly steady: readonly Period[];
  /** ms by which what was missed may lie outside of a gap: two sockets of one process are not read at once. Default 0. */
  readonly toleranceMs?: number;
  /** What came late or twice because of them is not the client's. Default none. */
  readonly acts?: readonly BackendAct[];
}

export interface PubSubVerdict {
  readonly isValid: boolean;
  readonly failures: readonly string[];
  readonly operations: OutcomeCounts;
  readonly heard: number;
  /** Acknowledged and not heard, over all subscribers. */
  readonly missed: number;
  readonly gaps: number;
  readonly dead: Finding;
  readonly missedInSteady: Finding;
  readonly missedUntold: Finding;
  /** All but those of the backend. */
  readonly doubled: Finding;
  readonly doubledByBackend: Finding;
  /** All but those of the backend. */
  readonly reordered: Finding;
  /** Late because of the node that took them: no client can know of them. */
  readonly reorderedByBackend: Finding;
  readonly phantom: Finding;
  readonly unsettled: Finding;
}

/** Judges what subscribers heard against what was published. Pure: the same input, the same verdict. */
export function checkPubSub(
  history: readonly PubSubRecord[],
  subscribers: readonly Subscriber[],
  { steady, toleranceMs = 0, acts = [] }: PubSubClaims,
): PubSubVerdict {
  const published = history.filter((record): record is PublishRecord => record.f === 'publish');
  const heard = history.filter((record): record is HeardRecord => record.f === 'heard');
  const gaps = history.filter((record): record is GapRecord => record.f === 'gap');
  const byValue = new Map(published.map((record) => [record.value, record]));
  const judged = subscribers.map((subscriber) => {
    const { name, key } = subscriber;
    const hearing = judgeHearing(
      subscriber,
      heard.filter((record) => record.subscriber === name),
      byValue,
      acts,
    );
    const missed = judgeMissed(
      subscriber,
      published.filter((record) => record.key === key),
      hearing.values,
      gaps.filter((gap) => gap.subscriber === name),
      { steady, toleranceMs },
    );
    return { hearing, missed };
  });
  const all = (of: (each: (typeof judged)[number]) => Finding): Finding => joinFindings(judged.map(of));
  const found = {
    dead: all(({ missed }) => missed.dead),
    missedInSteady: all(({ missed }) => missed.steady),
    missedUntold: all(({ missed }) => missed.untold),
    doubled: all(({ hearing }) => hearing.doubled),
    doubledByBackend: all(({ hearing }) => hearing.doubledByBackend),
    reordered: all(({ hearing }) => hearing.reordered),
    reorderedByBackend: all(({ hearing }) => hearing.reorderedByBackend),
    phantom: all(({ hearing }) => hearing.phantom),
    unsettled: findUnsettled(published),
  };
  const failures = [
    sentenceOf(found.dead, 'subscriptions silently dead'),
    sentenceOf(found.missedInSteady, 'messages missed in steady times'),
    sentenceOf(found.missedUntold, 'messages missed and not told'),
    sentenceOf(found.doubled, 'messages doubled'),
    sentenceOf(found.reordered, 'messages reordered'),
    sentenceOf(found.phantom, 'phantom messages'),
    sentenceOf(found.unsettled, 'publishes unsettled'),
  ].filter((failure) => failure !== undefined);
  return {
    isValid: failures.length === 0,
    failures,
    operations: countOutcomes(published),
    heard: heard.length,
    missed: judged.reduce((sum, { missed }) => sum + missed.count, 0),
    gaps: gaps.length,
    ...found,
  };
}
