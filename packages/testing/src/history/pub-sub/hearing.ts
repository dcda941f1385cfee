import { createFinding, type Finding } from '../finding.ts';
import { clientOf } from '../operation-record.ts';
import type { HeardRecord, PublishRecord, Subscriber } from './pub-sub-record.ts';

/** What was published, by its value. */
export type PublishedByValue = ReadonlyMap<string, PublishRecord>;

export interface Hearing {
  readonly values: ReadonlySet<string>;
  readonly doubled: Finding;
  readonly reordered: Finding;
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
): Hearing {
  const doubled = createFinding();
  const reordered = createFinding();
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
    else if (isOrdered && record.outcome === 'ok')
      reordered.add({ key, value, what: `heard by ${name} behind ${last.value}`, record });
  }
  return { values, doubled: doubled.finding, reordered: reordered.finding, phantom: phantom.finding };
}
