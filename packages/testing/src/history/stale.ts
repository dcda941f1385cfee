import { createFinding, type Finding } from './finding.ts';
import { clientOf, type FinalState, type OperationRecord } from './operation-record.ts';

/** What one client knows of one key. */
interface Known {
  readonly values: Set<string>;
  increments: number;
  /** The highest count that it has read. */
  counted: number;
}

/**
 * Reads that return less than the same client had been acknowledged, or had read, before they began. A
 * value that is not in the final state either is lost, not stale; of a counter as many increments may be
 * missing as may have been lost.
 */
export function findStale(history: readonly OperationRecord[], finalState: FinalState): Finding {
  const stale = createFinding();
  const lasting = new Map(Object.entries(finalState.lists).map(([key, list]) => [key, new Set(list)]));
  const lostIncrements = countLostIncrements(history, finalState);

  for (const records of byClient(history)) {
    const known = new Map<string, Known>();
    const ended = records.filter((record) => record.outcome === 'ok').sort((a, b) => endOf(a) - endOf(b));
    let learnt = 0;
    for (const read of [...ended].sort((a, b) => a.invokedAt - b.invokedAt)) {
      if (read.f !== 'read' && read.f !== 'readCounter') continue;
      // Strictly before: of two things at one instant nobody can say which came first.
      for (
        let next = ended[learnt];
        next !== undefined && endOf(next) < read.invokedAt;
        next = ended[learnt]
      ) {
        learn(known, next);
        learnt += 1;
      }
      const { key } = read;
      const before = known.get(key);
      if (before === undefined) continue;
      if (read.f === 'read') {
        const returned = new Set(read.result);
        const missing = [...before.values].filter(
          (value) => !returned.has(value) && lasting.get(key)?.has(value),
        );
        if (missing.length === 0) continue;
        stale.add({ key, value: missing[0], what: `${missing.length} known values missing`, record: read });
      } else {
        const atLeast = Math.max(before.increments, before.counted) - (lostIncrements.get(key) ?? 0);
        if ((read.result ?? 0) >= atLeast) continue;
        stale.add({ key, what: `read ${read.result ?? 0}, known to be at least ${atLeast}`, record: read });
      }
    }
  }
  return stale.finding;
}

const endOf = (record: OperationRecord): number => record.endedAt ?? Infinity;

function learn(known: Map<string, Known>, record: OperationRecord): void {
  let of = known.get(record.key);
  if (of === undefined) known.set(record.key, (of = { values: new Set(), increments: 0, counted: 0 }));
  if (record.f === 'append') of.values.add(record.value);
  else if (record.f === 'increment') of.increments += 1;
  else if (record.f === 'read') for (const value of record.result ?? []) of.values.add(value);
  else of.counted = Math.max(of.counted, record.result ?? 0);
}

function byClient(history: readonly OperationRecord[]): Iterable<readonly OperationRecord[]> {
  const clients = new Map<string, OperationRecord[]>();
  for (const record of history) {
    const client = clientOf(record);
    const records = clients.get(client);
    if (records === undefined) clients.set(client, [record]);
    else records.push(record);
  }
  return clients.values();
}

/** At most so many increments may be missing: unknown ones that happened hide as many lost ones. */
function countLostIncrements(
  history: readonly OperationRecord[],
  finalState: FinalState,
): Map<string, number> {
  const lost = new Map<string, number>();
  for (const { f, key, outcome } of history) {
    if (f !== 'increment' || outcome === 'refused' || outcome === 'error') continue;
    lost.set(key, (lost.get(key) ?? 0) + 1);
  }
  for (const [key, count] of lost) lost.set(key, Math.max(0, count - (finalState.counters[key] ?? 0)));
  return lost;
}
