import type { Period } from '../period.ts';
import type { PublishRecord } from './pub-sub-record.ts';

/** A node stood still, and then went on as if nothing had been. */
export interface Stopped extends Period {
  /** Whether it was the one at which this channel's messages were published until then. */
  readonly takes: (key: string) => boolean;
}

/** ms before it stopped: what it acknowledged then may not have left it. */
const beforeStopMs = 250;
/** ms after it went on, within which it passes on what had not left it. */
const afterStopMs = 1_000;

/** A message as one subscriber heard it, and when it was published. */
export interface Heard {
  readonly publishedAt: number;
  readonly at: number;
}

/**
 * Whether a message that was heard late lay in a node of the backend meanwhile: this node took it right before it
 * stopped and passed it on when it went on. The subscriber was at another node, or it had not heard what was published
 * while this one stood still. No client can know of such a message.
 */
export function isPassedOnLate(
  { key, invokedAt, endedAt = Infinity }: PublishRecord,
  at: number,
  heard: readonly Heard[],
  stopped: readonly Stopped[],
): boolean {
  return stopped.some(({ from, to, takes }) => {
    const isTakenBefore = takes(key) && invokedAt <= from && endedAt >= from - beforeStopMs;
    const isHeardAfter = to <= at && at <= to + afterStopMs;
    const isElsewhere = heard.some((each) => from < each.publishedAt && each.at < to);
    return isTakenBefore && isHeardAfter && isElsewhere;
  });
}
