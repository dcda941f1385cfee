import { createFinding, type Finding } from '../finding.ts';
import { clientOf } from '../operation-record.ts';
import type { HeardRecord, PublishRecord, Subscriber } from './pub-sub-record.ts';
import { isPassedOnLate, type Stopped } from './stopped.ts';

/** What was published, by its value. */
export type PublishedByValue = ReadonlyMap<string, PublishRecord>;

export interface Hearing {
  readonly values: ReadonlySet<string>;
  readonly doubled: Finding;
  readonly reordered: Finding;
  /** By a node that was stopped before it passed on what it had acknowledged. */
  readonly reorderedByBackend: Finding;
  /** Heard although nobody published it, or although its publisher was told that it did not happen. */
  readonly phantom: Finding;
}

/**
 * Judges what one subscriber heard, in the order in which it did. A message with unknown outcome may come late: it was
 * on its way when its publisher was told.
 */
export function judgeHearing(
  { name, key, isOrdered }: Subscriber,
  heard: readonly HeardRecord[],
  published: PublishedByValue,
  stopped: readonly Stopped[] = [],
): Hearing {
  const doubled = createFinding();
  const reordered = createFinding();
  const reorderedByBackend = createFinding();
  const all = heard.map(({ value, at }) => ({
    at,
    publishedAt: published.get(value)?.invokedAt ?? -Infinity,
  }));
  const phantom = createFinding();
  const values = new Set<string>();
  const lastOf = new Map<string, PublishRecord>();
  for (const { value, at } of heard) {
    const record = published.get(value);
    if (record?.key !== key || record.outcome === 'refused' || record.outcome === 'error') {
      phantom.add({ key, value, what: `heard by ${name}, but not published`, ...(record && { record }) });
      continue;
    }
    if (values.has(value)) {
      doubled.add({ key, value, what: `heard again by ${name} at ${Math.round(at)}`, record });
      continue;
    }
    values.add(value);
    const publisher = clientOf(record);
    const last = lastOf.get(publisher);
    if (last === undefined || record.index > last.index) lastOf.set(publisher, record);
    else if (isOrdered && record.outcome === 'ok') {
      const isLate = isPassedOnLate(record, at, all, stopped);
      const finding = isLate ? reorderedByBackend : reordered;
      finding.add({ key, value, what: `heard by ${name} behind ${last.value}`, record });
    }
  }
  return {
    values,
    doubled: doubled.finding,
    reordered: reordered.finding,
    reorderedByBackend: reorderedByBackend.finding,
    phantom: phantom.finding,
  };
}
