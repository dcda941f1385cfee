import type { AppendRecord, OperationRecord } from './operation-record.ts';

/** All attempts to append one value to one list: one, unless the harness itself tried again. */
export interface Appended {
  readonly key: string;
  readonly value: string;
  readonly records: readonly AppendRecord[];
}

interface Growing extends Appended {
  readonly records: AppendRecord[];
}

/** List, then value. */
export type AppendedByList = ReadonlyMap<string, ReadonlyMap<string, Appended>>;

export function appendedByList(history: readonly OperationRecord[]): AppendedByList {
  const lists = new Map<string, Map<string, Growing>>();
  for (const record of history) {
    if (record.f !== 'append') continue;
    const { key, value } = record;
    let values = lists.get(key);
    if (values === undefined) lists.set(key, (values = new Map<string, Growing>()));
    const appended = values.get(value);
    if (appended === undefined) values.set(value, { key, value, records: [record] });
    else appended.records.push(record);
  }
  return lists;
}

/** What is in the list, and how often. */
export function countValues(list: readonly string[] | undefined): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of list ?? []) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
