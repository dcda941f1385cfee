import { createFinding, type Finding } from '../finding.ts';
import { isLossOfBackend, type Successions } from '../succession.ts';
import type { PushRecord } from './queue-record.ts';
import { endOf, type QueueView } from './queue-view.ts';

export interface LostItems {
  /** The push was acknowledged by a primary that was succeeded before it had replicated it. */
  readonly byBackend: Finding;
  /** A pop whose outcome was told as unknown may have taken it; each excuses one item. */
  readonly told: Finding;
  /** All else, and moves that were acknowledged and undone. */
  readonly byUs: Finding;
}

/** Items whose push was acknowledged, that nobody was given, and that are nowhere. */
export function findLostItems(queue: QueueView, successions: Successions): LostItems {
  const { key, pushes, popsOf, left, moved } = queue;
  const byBackend = createFinding();
  const told = createFinding();
  const byUs = createFinding();
  const present = new Set([...left, ...(moved ?? [])]);
  const unexcused: PushRecord[] = [];
  for (const [value, record] of pushes) {
    if (record.outcome !== 'ok' || present.has(value)) continue;
    const pops = popsOf.get(value) ?? [];
    // Where pops move, what was popped must have arrived.
    if (pops.length > 0 && moved === undefined) continue;
    if (isLossOfBackend(record, successions))
      byBackend.add({ key, value, what: 'acknowledged and nowhere', record });
    else unexcused.push(record);
  }
  const excuses = moved === undefined ? unknownPops(queue) : [];
  // The latest first: it has the fewest excuses, and what excuses it excuses all before it.
  let used = 0;
  for (const record of unexcused.sort((a, b) => b.invokedAt - a.invokedAt)) {
    const { value } = record;
    const endsAt = excuses[used];
    const isExcused = endsAt !== undefined && endsAt >= record.invokedAt;
    if (isExcused) used += 1;
    const what = isExcused ? 'perhaps taken by a pop of unknown outcome' : 'acknowledged and nowhere';
    (isExcused ? told : byUs).add({ key, value, what, record });
  }
  for (const [value, pops] of moved === undefined ? [] : popsOf) {
    if (moved?.includes(value) === true || !left.includes(value)) continue;
    const record = pops.find((pop) => !isLossOfBackend(pop, successions));
    if (record !== undefined)
      byUs.add({ key, value, what: 'moved and acknowledged, and where it was', record });
  }
  return { byBackend: byBackend.finding, told: told.finding, byUs: byUs.finding };
}

/** When pops ended of which nobody knows what they took, the last first. */
function unknownPops({ pops }: QueueView): readonly number[] {
  return pops
    .filter(({ outcome }) => outcome === 'unknown')
    .map(endOf)
    .sort((a, b) => b - a);
}
