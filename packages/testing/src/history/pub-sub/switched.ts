import type { Period } from '../period.ts';

/** Who was subscribed at one node of a backend was subscribed at another afterwards. */
export interface Switched extends Period {
  /** Whether subscribers of this channel did. */
  readonly concerns: (key: string) => boolean;
}

/** ms by which one node of a backend passes a message on later than another. */
const passingOnMs = 1_000;

/**
 * Whether a message may have been heard twice because its subscriber changed nodes: it heard it at the first, and the
 * second got it only when the subscriber was there. Each node passes on what it gets, to whoever is subscribed by then.
 */
export function isHeardAtBoth(
  key: string,
  first: number,
  again: number,
  switched: readonly Switched[],
): boolean {
  return switched.some(
    ({ from, to, concerns }) =>
      concerns(key) && from <= again && first <= to && again <= to && again - first <= passingOnMs,
  );
}
