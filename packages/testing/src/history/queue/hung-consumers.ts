import { createFinding, type Finding } from '../finding.ts';
import { clientOf } from '../operation-record.ts';
import { contains, type Period } from '../period.ts';
import type { QueueView } from './queue-view.ts';

/** So many for each consumer: waiting ones are served in turn, so each has long got one. */
const pushesEach = 3;

/** Consumers that got nothing in a steady period, though enough was pushed for all. */
export function findHungConsumers(
  { key, pushes, pops, popsOf }: QueueView,
  steady: readonly Period[],
): Finding {
  const hung = createFinding();
  const consumers = new Set(pops.map(clientOf));
  const given = [...popsOf.values()].flat();
  const pushed = [...pushes.values()].filter(({ outcome }) => outcome === 'ok');
  for (const period of steady) {
    const isIn = ({ endedAt = Infinity }: { readonly endedAt?: number }): boolean =>
      contains(period, { from: endedAt, to: endedAt });
    const count = pushed.filter(isIn).length;
    if (count < consumers.size * pushesEach) continue;
    const alive = new Set(given.filter(isIn).map(clientOf));
    for (const consumer of consumers) {
      if (alive.has(consumer)) continue;
      const times = `from ${Math.round(period.from)} to ${Math.round(period.to)}`;
      hung.add({ key, what: `${consumer} got none of ${count} ${times}` });
    }
  }
  return hung.finding;
}
