import { joinFindings, sentenceOf, type Finding } from '../finding.ts';
import { countOutcomes, type OutcomeCounts } from '../outcome-counts.ts';
import type { Period } from '../period.ts';
import type { Successions } from '../succession.ts';
import { findUnsettled } from '../unsettled.ts';
import { findDoubledItems } from './doubled-items.ts';
import { findHungConsumers } from './hung-consumers.ts';
import { findLostItems } from './lost-items.ts';
import type { FinalQueues, QueueRecord } from './queue-record.ts';
import { viewQueues } from './queue-view.ts';
import { findReorderedItems } from './reordered-items.ts';

export interface QueueClaims {
  /** Without any, all that is lost or doubled is so by us. */
  readonly successions?: Successions;
  /** From some time after each healing until the next fault: each consumer gets its share. */
  readonly steady: readonly Period[];
}

export interface QueueVerdict {
  readonly isValid: boolean;
  readonly failures: readonly string[];
  readonly operations: OutcomeCounts;
  readonly lost: { readonly byBackend: Finding; readonly told: Finding; readonly byUs: Finding };
  readonly doubled: { readonly byBackend: Finding; readonly silently: Finding };
  readonly reordered: Finding;
  readonly phantom: Finding;
  readonly unsettled: Finding;
  readonly hung: Finding;
}

/** Judges lists that some push to and others take from with commands that wait. Pure: the same input, the same verdict. */
export function checkQueues(
  history: readonly QueueRecord[],
  final: FinalQueues,
  { successions = [], steady }: QueueClaims,
): QueueVerdict {
  const queues = viewQueues(history, final);
  const lost = queues.map((queue) => findLostItems(queue, successions));
  const doubled = queues.map((queue) => findDoubledItems(queue, successions));
  const found = {
    lost: {
      byBackend: joinFindings(lost.map(({ byBackend }) => byBackend)),
      told: joinFindings(lost.map(({ told }) => told)),
      byUs: joinFindings(lost.map(({ byUs }) => byUs)),
    },
    doubled: {
      byBackend: joinFindings(doubled.map(({ byBackend }) => byBackend)),
      silently: joinFindings(doubled.map(({ silently }) => silently)),
    },
    reordered: joinFindings(queues.map((queue) => findReorderedItems(queue, successions))),
    phantom: joinFindings(doubled.map(({ phantom }) => phantom)),
    unsettled: findUnsettled(history),
    hung: joinFindings(queues.map((queue) => findHungConsumers(queue, steady))),
  };
  const failures = [
    sentenceOf(found.lost.byUs, 'items lost by us'),
    sentenceOf(found.doubled.silently, 'items silently doubled'),
    sentenceOf(found.reordered, 'items reordered'),
    sentenceOf(found.phantom, 'phantom items'),
    sentenceOf(found.unsettled, 'unsettled'),
    sentenceOf(found.hung, 'consumers silently hung'),
  ].filter((failure) => failure !== undefined);
  return { isValid: failures.length === 0, failures, operations: countOutcomes(history), ...found };
}
