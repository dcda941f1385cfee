import { createFinding, type Finding } from '../finding.ts';
import { clientOf } from '../operation-record.ts';
import { isLossOfBackend, type Successions } from '../succession.ts';
import type { PopRecord, PushRecord } from './queue-record.ts';
import { endOf, type QueueView } from './queue-view.ts';

interface Taken {
  readonly push: PushRecord;
  readonly pop: PopRecord;
}

/**
 * Items of one producer that one consumer got behind a later one. A push with unknown outcome may come late; and what
 * the backend forgot to have given out comes again, behind all that was.
 */
export function findReorderedItems(queue: QueueView, successions: Successions): Finding {
  const reordered = createFinding();
  const lastOf = new Map<string, Taken>();
  const given = new Set<string>();
  const taken = [...queue.popsOf.values()].flat().sort((a, b) => endOf(a) - endOf(b));
  for (const pop of taken) {
    const value = pop.result as string;
    const push = queue.pushes.get(value);
    if (push === undefined || given.has(value)) continue;
    given.add(value);
    const line = `${clientOf(push)} to ${clientOf(pop)}`;
    const last = lastOf.get(line);
    if (last === undefined || push.index > last.push.index) lastOf.set(line, { push, pop });
    else if (push.outcome === 'ok' && !isLossOfBackend(last.pop, successions)) {
      reordered.add({ key: queue.key, value, what: `popped behind ${last.push.value}`, record: pop });
    }
  }
  return reordered.finding;
}
