import { createFinding, type Finding } from '../finding.ts';
import { contains, touches, type Period } from '../period.ts';
import type { GapRecord, PublishRecord, Subscriber } from './pub-sub-record.ts';

export interface Missed {
  /** Steady periods in which a subscriber heard nothing of what was published. */
  readonly dead: Finding;
  /** Messages of steady periods of which it heard others. */
  readonly steady: Finding;
  /** Messages outside of every gap that it was told of. */
  readonly untold: Finding;
  /** All that was acknowledged and not heard: at most once is all that is promised. */
  readonly count: number;
}

export interface MissedClaims {
  readonly steady: readonly Period[];
  readonly toleranceMs: number;
}

const underWay = ({ invokedAt, endedAt }: PublishRecord): Period => ({
  from: invokedAt,
  to: endedAt ?? Infinity,
});

/**
 * What one subscriber did not hear though its publisher was acknowledged.
 * @param published to its channel
 * @param gaps of which it was told
 */
export function judgeMissed(
  { name, key, isTold }: Subscriber,
  published: readonly PublishRecord[],
  values: ReadonlySet<string>,
  gaps: readonly GapRecord[],
  { steady, toleranceMs }: MissedClaims,
): Missed {
  const dead = createFinding();
  const inSteady = createFinding();
  const untold = createFinding();
  const acknowledged = published.filter(({ outcome }) => outcome === 'ok');
  for (const period of steady) {
    const all = acknowledged.filter((record) => contains(period, underWay(record)));
    const missing = all.filter(({ value }) => !values.has(value));
    const [first] = missing;
    if (first === undefined) continue;
    if (missing.length === all.length) {
      const what = `${name} heard none of ${all.length} from ${Math.round(period.from)} to ${Math.round(period.to)}`;
      dead.add({ key, value: first.value, what, record: first });
      continue;
    }
    for (const record of missing)
      inSteady.add({ key, value: record.value, what: `missed by ${name} in steady times`, record });
  }
  const missing = acknowledged.filter(({ value }) => !values.has(value));
  for (const record of isTold ? missing : []) {
    if (gaps.some((gap) => touches(gap, underWay(record), toleranceMs))) continue;
    untold.add({
      key,
      value: record.value,
      what: `missed by ${name} outside of every gap it was told`,
      record,
    });
  }
  return { dead: dead.finding, steady: inSteady.finding, untold: untold.finding, count: missing.length };
}
