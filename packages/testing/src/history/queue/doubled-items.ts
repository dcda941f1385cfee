import { createFinding, type Finding } from '../finding.ts';
import { isLossOfBackend, type Successions } from '../succession.ts';
import { mayHaveHappened, type QueueView } from './queue-view.ts';

export interface DoubledItems {
  /** A pop was acknowledged by a primary that was succeeded before it had replicated it. */
  readonly byBackend: Finding;
  readonly silently: Finding;
  /** Given out or left although nobody pushed it, or although its push was told as not executed. */
  readonly phantom: Finding;
}

/** Items that were given out, or given out and left, more often than they were pushed. */
export function findDoubledItems(queue: QueueView, successions: Successions): DoubledItems {
  const { key, pushes, popsOf, left, moved } = queue;
  const byBackend = createFinding();
  const silently = createFinding();
  const phantom = createFinding();
  for (const value of new Set([...popsOf.keys(), ...left, ...(moved ?? [])])) {
    const record = pushes.get(value);
    if (record === undefined || !mayHaveHappened(record)) {
      phantom.add({ key, value, what: 'there, but not pushed', ...(record && { record }) });
      continue;
    }
    const pops = popsOf.get(value) ?? [];
    const copies = countOf(left, value) + countOf(moved ?? [], value);
    silently.add({ key, value, what: `present ${copies} times`, record }, copies - 1);
    // Each pop took one, and what is left was taken by none; where pops move, the last one's is among those moved.
    const isLeft = moved === undefined ? left.includes(value) : left.includes(value) && pops.length > 0;
    const surplus = pops.length + (isLeft ? 1 : 0) - 1;
    if (surplus <= 0) continue;
    const excused = pops.filter((pop) => isLossOfBackend(pop, successions)).length;
    const when = pops.map(({ endedAt }) => Math.round(endedAt ?? NaN)).join(' and ');
    const what = `popped at ${when}${isLeft ? ', and left' : ''}`;
    byBackend.add({ key, value, what, record: pops[0] ?? record }, Math.min(surplus, excused));
    silently.add({ key, value, what, record: pops[0] ?? record }, surplus - Math.min(surplus, excused));
  }
  return { byBackend: byBackend.finding, silently: silently.finding, phantom: phantom.finding };
}

function countOf(list: readonly string[], value: string): number {
  let count = 0;
  for (const each of list) if (each === value) count += 1;
  return count;
}
