import type { FinalQueues, PopRecord, PushRecord, QueueRecord } from './queue-record.ts';

/** All that is known of one queue. */
export interface QueueView {
  readonly key: string;
  readonly pushes: ReadonlyMap<string, PushRecord>;
  readonly pops: readonly PopRecord[];
  /** Pops that were acknowledged with a value, by value and in the order of their ends. */
  readonly popsOf: ReadonlyMap<string, readonly PopRecord[]>;
  readonly left: readonly string[];
  /** `undefined` if pops move nothing. */
  readonly moved: readonly string[] | undefined;
}

export function viewQueues(history: readonly QueueRecord[], final: FinalQueues): readonly QueueView[] {
  const keys = new Set([...history.map(({ key }) => key), ...Object.keys(final.left)]);
  const byKey = new Map<string, QueueRecord[]>([...keys].map((key) => [key, []]));
  for (const record of history) byKey.get(record.key)?.push(record);
  return [...byKey].map(([key, records]) => {
    const pops = records.filter((record): record is PopRecord => record.f === 'pop');
    const pushes = records.filter((record): record is PushRecord => record.f === 'push');
    return {
      key,
      pushes: new Map(pushes.map((push) => [push.value, push])),
      pops,
      popsOf: popsByValue(pops),
      left: final.left[key] ?? [],
      moved: final.moved[key],
    };
  });
}

export const endOf = ({ endedAt }: { readonly endedAt?: number }): number => endedAt ?? Infinity;

/** The server may have done it, whatever its client was told. */
export const mayHaveHappened = ({ outcome }: Pick<PushRecord, 'outcome'>): boolean =>
  outcome !== 'refused' && outcome !== 'error';

function popsByValue(pops: readonly PopRecord[]): ReadonlyMap<string, readonly PopRecord[]> {
  const byValue = new Map<string, PopRecord[]>();
  for (const pop of [...pops].sort((a, b) => endOf(a) - endOf(b))) {
    if (pop.outcome !== 'ok' || typeof pop.result !== 'string') continue;
    const known = byValue.get(pop.result);
    if (known === undefined) byValue.set(pop.result, [pop]);
    else known.push(pop);
  }
  return byValue;
}
