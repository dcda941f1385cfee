import { touches, type Period } from '../period.ts';
import type { PublishRecord } from './pub-sub-record.ts';

/** One node of a backend took a channel's messages before, another afterwards. */
export interface Replaced extends Period {
  readonly takes: (key: string) => boolean;
}

/** ms in which a node has passed on what it took. */
const passedOnMs = 1_000;

/**
 * Whether a message that was heard late came from the node that was replaced: what its successor took next was heard
 * sooner, since nodes keep no order among each other. By its own word that node had no subscriber, so it passed it on.
 */
export function isTakenByFormer(
  { key, invokedAt, endedAt = Infinity, receivers }: PublishRecord,
  at: number,
  replaced: readonly Replaced[],
): boolean {
  if (receivers !== 0 || at - endedAt > passedOnMs) return false;
  return replaced.some((each) => each.takes(key) && touches(each, { from: invokedAt, to: endedAt }));
}
