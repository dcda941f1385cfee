import { touches, type Period } from '../period.ts';
import type { PublishRecord } from './pub-sub-record.ts';

/** What nodes of a backend did, so that messages may come late or twice, of which no client can know. */
export interface BackendAct extends Period {
  /**
   * - stopped: a node at which messages were published stood still, and then went on as if nothing had been
   * - replaced: one node took messages before, another afterwards
   * - switched: who was subscribed at one node was subscribed at another afterwards
   */
  readonly type: 'stopped' | 'replaced' | 'switched';
  /** Whether this channel was concerned. */
  readonly concerns: (key: string) => boolean;
}

/** A message as one subscriber heard it, and when it was published. */
export interface Heard {
  readonly publishedAt: number;
  readonly at: number;
}

/** ms in which a node passes on what it has, if it does not stand still. */
const passOnMs = 1_000;
/** ms before a node stopped: what it acknowledged then may not have left it. */
const beforeStopMs = 250;

/** Whether a message may have been heard late by what the backend did. */
export function isLateByBackend(
  record: PublishRecord,
  at: number,
  heard: readonly Heard[],
  acts: readonly BackendAct[],
): boolean {
  return acts.some((act) => {
    switch (act.type) {
      case 'stopped':
        return isPassedOnLate(record, at, heard, act);
      case 'replaced':
        return isTakenByFormer(record, at, act);
      case 'switched':
        return false;
    }
  });
}

/** Whether a message may have been heard twice by what the backend did. */
export function isDoubledByBackend(
  record: PublishRecord,
  firstAt: number,
  at: number,
  heard: readonly Heard[],
  acts: readonly BackendAct[],
): boolean {
  return acts.some((act) => {
    switch (act.type) {
      case 'stopped':
        return isPassedOnLate(record, at, heard, act);
      case 'replaced':
        return false;
      case 'switched':
        return isHeardAtBoth(record, firstAt, at, act);
    }
  });
}

/**
 * It lay in a node meanwhile, which took it right before it stopped and passed it on when it went on. The subscriber was
 * at another node, or it had not heard what was published while this one stood still.
 */
function isPassedOnLate(
  { key, invokedAt, endedAt = Infinity }: PublishRecord,
  at: number,
  heard: readonly Heard[],
  { from, to, concerns }: BackendAct,
): boolean {
  const isTakenBefore = concerns(key) && invokedAt <= from && endedAt >= from - beforeStopMs;
  const isHeardAfter = to <= at && at <= to + passOnMs;
  return isTakenBefore && isHeardAfter && heard.some((each) => from < each.publishedAt && each.at < to);
}

/**
 * It came from the node that was replaced: what its successor took next was heard sooner, since nodes keep no order among
 * each other. By its own word that node had no subscriber, so it passed it on.
 */
function isTakenByFormer(
  { key, invokedAt, endedAt = Infinity, receivers }: PublishRecord,
  at: number,
  act: BackendAct,
): boolean {
  return (
    receivers === 0 &&
    at - endedAt <= passOnMs &&
    act.concerns(key) &&
    touches(act, { from: invokedAt, to: endedAt })
  );
}

/**
 * Its subscriber heard it at one node, and the next got it only when the subscriber was there. Each node passes on what it
 * gets, to whoever is subscribed by then.
 */
function isHeardAtBoth(
  { key }: PublishRecord,
  firstAt: number,
  at: number,
  { from, to, concerns }: BackendAct,
): boolean {
  return concerns(key) && from <= at && firstAt <= to && at <= to && at - firstAt <= passOnMs;
}
