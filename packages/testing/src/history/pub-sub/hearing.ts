import { createFinding, type Finding } from '../finding.ts';
import { clientOf } from '../operation-record.ts';
import { isDoubledByBackend, isLateByBackend, type BackendAct } from './backend-act.ts';
import type { HeardRecord, PublishRecord, Subscriber } from './pub-sub-record.ts';

/** What was published, by its value. */
export type PublishedByValue = ReadonlyMap<string, PublishRecord>;

export interface Hearing {
  readonly values: ReadonlySet<string>;
  readonly doubled: Finding;
  /** By two nodes, between which its subscriber changed, or by one that was stopped. */
  readonly doubledByBackend: Finding;
  readonly reordered: Finding;
  /** By a node that was stopped or replaced before it passed on what it had acknowledged. */
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
  acts: readonly BackendAct[],
): Hearing {
  const doubled = createFinding();
  const doubledByBackend = createFinding();
  const reordered = createFinding();
  const reorderedByBackend = createFinding();
  const all = heard.map(({ value, at }) => ({
    at,
    publishedAt: published.get(value)?.invokedAt ?? -Infinity,
  }));
  const phantom = createFinding();
  const values = new Map<string, { readonly at: number; isDoubled: boolean }>();
  const lastOf = new Map<string, PublishRecord>();
  for (const { value, at } of heard) {
    const record = published.get(value);
    if (record?.key !== key || record.outcome === 'refused' || record.outcome === 'error') {
      phantom.add({ key, value, what: `heard by ${name}, but not published`, ...(record && { record }) });
      continue;
    }
    const first = values.get(value);
    if (first !== undefined) {
      const isByBackend = !first.isDoubled && isDoubledByBackend(record, first.at, at, all, acts);
      first.isDoubled = true;
      const finding = isByBackend ? doubledByBackend : doubled;
      finding.add({ key, value, what: `heard again by ${name} at ${Math.round(at)}`, record });
      continue;
    }
    values.set(value, { at, isDoubled: false });
    const publisher = clientOf(record);
    const last = lastOf.get(publisher);
    if (last === undefined || record.index > last.index) lastOf.set(publisher, record);
    else if (isOrdered && record.outcome === 'ok') {
      const finding = isLateByBackend(record, at, all, acts) ? reorderedByBackend : reordered;
      finding.add({ key, value, what: `heard by ${name} behind ${last.value}`, record });
    }
  }
  return {
    values: new Set(values.keys()),
    doubled: doubled.finding,
    doubledByBackend: doubledByBackend.finding,
    reordered: reordered.finding,
    reorderedByBackend: reorderedByBackend.finding,
    phantom: phantom.finding,
  };
}
